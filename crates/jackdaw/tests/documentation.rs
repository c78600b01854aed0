//! Every command of the documents runs as it stands there, against a server of its own, and prints what stands below it.
//!
//! In blocks that begin with ```console a line with `$ ` is a command (a `\` at its end goes on in the next line), and the
//! lines below it are what it prints: all of them, in their order, with `…` for what differs each time. Nothing below it
//! means that nothing is compared. `jackdaw` and `jackdaw server` themselves are what the test has started already.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_jackdaw");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The address that documents name.
const ADDRESS: &str = "localhost:9092";

/// A command and the lines below it.
struct Example {
    place: String,
    command: String,
    expected: Vec<String>,
}

/// A running server, and a directory in which commands may leave files.
struct Server {
    child: Child,
    directory: PathBuf,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing on it is needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
        #[allow(clippy::disallowed_methods, reason = "the files of this test")]
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[allow(clippy::disallowed_methods, reason = "documents are read as they lie there")]
fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

impl Server {
    fn start(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("jackdaw-documents-{name}-{}", std::process::id()));
        #[allow(clippy::disallowed_methods, reason = "the files of this test")]
        fs::create_dir_all(&directory).expect("a directory");
        let (port, controller) = (free_port(), free_port());
        let address = format!("127.0.0.1:{port}");
        let overrides = [
            format!("listeners=PLAINTEXT://{address},CONTROLLER://127.0.0.1:{controller}"),
            format!("advertised.listeners=PLAINTEXT://{address}"),
            format!("log.dirs={}", directory.join("data").display()),
            "jackdaw.http.port=0".to_owned(),
            // Nobody else will join: no need to wait for them.
            "group.initial.rebalance.delay.ms=0".to_owned(),
        ];
        let mut command = Command::new(BINARY);
        command.arg("server").current_dir(&directory).stdout(Stdio::piped()).stderr(Stdio::inherit());
        for setting in &overrides {
            command.args(["--override", setting]);
        }
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let is_up = lines.by_ref().map_while(Result::ok).any(|line| line.contains("Kafka Server started"));
        assert!(is_up, "the server does not start");
        // What it says from now on must go somewhere, or it would wait.
        std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || lines.for_each(drop))
            .expect("a thread");
        Self { child, directory, address }
    }

    fn run(&self, example: &Example) {
        let binaries = Path::new(BINARY).parent().expect("a directory").display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let done = Command::new("bash")
            .args(["-c", &example.command.replace(ADDRESS, &self.address)])
            .current_dir(&self.directory)
            .env("PATH", format!("{}/kafka/bin:{binaries}:{path}", self.directory.display()))
            .env("HOME", &self.directory)
            .env("JACKDAW_BROKERS", &self.address)
            .stdin(Stdio::null())
            .output()
            .expect("bash runs");
        let printed = String::from_utf8_lossy(&done.stdout).replace(&self.address, ADDRESS);
        let said = String::from_utf8_lossy(&done.stderr);
        let shown = || format!("{}: $ {}\nprinted:\n{printed}{said}", example.place, example.command);
        assert!(done.status.success(), "{}\nexit code {:?}", shown(), done.status.code());
        if example.expected.is_empty() {
            return;
        }
        let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
        assert_eq!(lines.len(), example.expected.len(), "{}", shown());
        for (line, expected) in lines.iter().zip(&example.expected) {
            assert!(fits(line, expected), "{}\n{line:?} is not {expected:?}", shown());
        }
    }
}

/// Whether a line is what stands there, with anything in the place of each `…`.
fn fits(line: &str, expected: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        match (is_last, rest.find(part)) {
            (true, _) => return rest.ends_with(part),
            (false, Some(at)) => rest = &rest[at + part.len()..],
            (false, None) => return false,
        }
    }
    rest.is_empty()
}

/// The commands of a document.
fn examples(path: &Path) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let (mut is_inside, mut goes_on) = (false, false);
    for (index, line) in text(path).lines().enumerate() {
        match line {
            "```console" => is_inside = true,
            _ if line.starts_with("```") => is_inside = false,
            _ if !is_inside => {}
            _ => {
                let begun = line.strip_prefix("$ ").map(|command| (command, true));
                let (text, is_command) = begun.unwrap_or((line, goes_on));
                goes_on = is_command && text.ends_with('\\');
                match (begun, examples.last_mut()) {
                    (Some((command, _)), _) => examples.push(Example {
                        place: format!("{}:{}", path.file_name().unwrap_or_default().display(), index + 1),
                        command: command.to_owned(),
                        expected: Vec::new(),
                    }),
                    (None, Some(example)) if is_command => {
                        example.command.push('\n');
                        example.command.push_str(text);
                    }
                    (None, Some(example)) => example.expected.push(text.trim_end().to_owned()),
                    (None, None) => panic!("{}:{}: a line before any command", path.display(), index + 1),
                }
            }
        }
    }
    let is_server = |command: &str| command == "jackdaw" || command.starts_with("jackdaw server");
    examples.retain(|example| !is_server(&example.command));
    examples
}

fn check(document: &str) {
    let path = Path::new(ROOT).join(document);
    let examples = examples(&path);
    assert!(!examples.is_empty(), "{document} has no commands");
    let server = Server::start(&document.replace(['/', '.'], "-"));
    examples.iter().for_each(|example| server.run(example));
}

#[test]
fn the_first_minute_of_the_readme() {
    check("README.md");
}

#[test]
fn the_command_line() {
    check("docs/command-line.md");
}

#[test]
fn every_tool_is_in_the_table() {
    let document = text(&Path::new(ROOT).join("docs/command-line.md"));
    let done = Command::new(BINARY).args(["tool", "none"]).output().expect("runs");
    let said = String::from_utf8_lossy(&done.stderr);
    let names = said.split_once("There are: ").expect("a list").1.trim().trim_end_matches('.').split(", ");
    for name in names {
        assert!(document.contains(&format!("`{name}`")), "{name} is not in docs/command-line.md");
    }
}

#[test]
fn dots_stand_for_anything() {
    assert!(fits("a 1 b 22 c", "a … b … c") && fits("abc", "…") && fits("abc", "abc"));
    assert!(!fits("abc", "ab") && !fits("abc", "…b") && !fits("xbc", "a…"));
}
