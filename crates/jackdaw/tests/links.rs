//! A harness that takes `jackdaw links` for a Kafka distribution: formats, starts beside the shell, asks, stops.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use jackdaw_cli::files;

const BINARY: &str = env!("CARGO_BIN_EXE_jackdaw");

struct Home(PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        #[allow(clippy::disallowed_methods, reason = "the files of this test")]
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Home {
    fn new() -> Self {
        let home = std::env::temp_dir().join(format!("jackdaw-links-{}", std::process::id()));
        files::create_directory(&home).expect("a directory");
        Self(home)
    }

    fn command(&self, tool: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.0.join("kafka/bin").join(tool));
        command.args(arguments).current_dir(&self.0).env("LOG_DIR", self.0.join("logs")).stdin(Stdio::null());
        command
    }

    fn run(&self, tool: &str, arguments: &[&str]) -> Output {
        self.command(tool, arguments).output().expect("the tool runs")
    }

    fn says(&self, tool: &str, arguments: &[&str]) -> String {
        let done = self.run(tool, arguments);
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{tool} {arguments:?}: {errors}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// An id that no other test and no person on this machine has, so that `kafka-server-stop` finds this node alone.
fn node_id() -> String {
    (1_000_000 + std::process::id()).to_string()
}

fn write_properties(home: &Path, port: u16) {
    let controller = free_port();
    let text = format!(
        "process.roles=broker,controller\nnode.id={}\ncontroller.listener.names=CONTROLLER\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         controller.quorum.bootstrap.servers=127.0.0.1:{controller}\nlog.dirs={}/data\njackdaw.http.port=0\n",
        node_id(),
        home.display()
    );
    files::write(&home.join("node.properties"), text.as_bytes()).expect("writes");
}

/// The lines that the server writes from now on, up to one with these words.
fn wait_for(lines: &mut impl Iterator<Item = std::io::Result<String>>, words: &str) {
    assert!(
        lines.map_while(Result::ok).any(|line| line.contains(words)),
        "the server does not say {words:?}"
    );
}

#[test]
fn links_are_a_distribution() {
    let home = Home::new();
    let linked = Command::new(BINARY).args(["links", "kafka"]).current_dir(&home.0).output().expect("runs");
    assert!(linked.status.success());
    let port = free_port();
    write_properties(&home.0, port);
    let id = home.says("kafka-storage.sh", &["random-uuid"]);
    let format = ["format", "--standalone", "-t", id.trim(), "-c", "node.properties"];
    assert!(home.says("kafka-storage.sh", &format).contains("Formatting "));
    assert_eq!(home.run("kafka-storage.sh", &format).status.code(), Some(1), "formatted twice");
    let node = node_id();
    assert_eq!(
        home.run("kafka-server-stop.sh", &["--node-id", &node]).status.code(),
        Some(1),
        "none runs yet"
    );

    // In the foreground, by its class.
    let mut server = home.command("kafka-run-class.sh", &["kafka.Kafka", "node.properties"]);
    let mut server = server.process_group(0).stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    wait_for(&mut lines, "Kafka Server started");
    let address = format!("127.0.0.1:{port}");
    let at = ["--bootstrap-server", &address];
    let create = [&at[..], &["--create", "--topic", "orders"]].concat();
    assert_eq!(home.says("kafka-topics.sh", &create), "Created topic orders.\n");
    home.says("kafka-server-stop.sh", &["--node-id", &node]);
    wait_for(&mut lines, "stopped");
    assert!(server.wait().expect("ends").success());

    // Beside the shell; what it says is in a file. Asking goes on until it answers.
    home.says("kafka-server-start.sh", &["-daemon", "node.properties", "--override", "num.partitions=2"]);
    let list = [&at[..], &["--list"]].concat();
    let answers = (0..500).map(|_| home.run("kafka-topics.sh", &list)).find(|done| done.status.success());
    assert_eq!(answers.map(|done| done.stdout), Some(b"orders\n".to_vec()));
    assert!(home.0.join("logs/kafkaServer.out").exists());
    home.says("kafka-server-stop.sh", &["--node-id", &node]);
    let gone =
        (0..500).any(|_| home.run("kafka-server-stop.sh", &["--node-id", &node]).status.code() == Some(1));
    assert!(gone, "the server does not stop");
}
