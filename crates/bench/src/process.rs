//! Child processes with the processor time they took.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub wall_s: f64,
    pub cpu_s: f64,
}

/// Runs a command to its end; returns what it took and what it printed.
#[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
pub fn run(command: &mut Command) -> Result<(Cost, String)> {
    let before = children_cpu_s()?;
    let begin = Instant::now();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    let wall_s = begin.elapsed().as_secs_f64();
    ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    let cpu_s = children_cpu_s()? - before;
    Ok((Cost { wall_s, cpu_s }, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The processor time of all children that have ended.
#[allow(clippy::disallowed_methods, reason = "a measurement reads the kernel's counters")]
fn children_cpu_s() -> Result<f64> {
    /// Linux counts in hundredths of a second here, on every machine.
    const TICKS_PER_S: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat").context("only Linux says what a child took")?;
    let behind_name = text.rsplit_once(')').context("unreadable /proc/self/stat")?.1;
    let field = |number: usize| {
        behind_name.split_whitespace().nth(number - 3).and_then(|text| text.parse::<f64>().ok())
    };
    // Fields 16 and 17: cutime and cstime.
    let (user, system) = field(16).zip(field(17)).context("unreadable /proc/self/stat")?;
    Ok((user + system) / TICKS_PER_S)
}

/// A process that ends with this value.
pub struct Background(Child);

impl Background {
    /// Starts it, without output.
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Ok(Self(child.with_context(|| format!("cannot start {command:?}"))?))
    }

    /// Waits until a port of this machine takes connections.
    #[allow(clippy::disallowed_methods, reason = "a measurement waits for the server to be there")]
    pub fn wait_for_port(&self, port: u16) -> Result<()> {
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(begin.elapsed() < Duration::from_secs(20), "nothing listens at port {port}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It is only a server of ours with a directory of its own: nothing is lost with it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
