//! Starting the server by the names that Kafka's scripts have for it, in the foreground or, with `-daemon`, beside the shell.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jackdaw_cli::failure::Failure;
use jackdaw_cli::files;
use jackdaw_cli::outcome::{Done, Outcome};

use super::print_version;
use crate::arguments::{LogFormat, ServerArguments};
use crate::{server, tools};

/// The class of the server.
const SERVER_CLASS: &str = "kafka.Kafka";
const USAGE: &str = "USAGE: kafka-server-start.sh [-daemon] server.properties [--override property=value]*";

/// What the line of arguments asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Line {
    /// Beside the shell.
    pub daemon: bool,
    /// The name of the daemon's log.
    pub name: Option<String>,
    /// What is left.
    pub rest: Vec<String>,
}

impl Line {
    /// Takes the flags of Kafka's scripts from the front: they end where something else stands.
    pub(super) fn split(arguments: Vec<String>) -> Self {
        let mut line = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-daemon" => line.daemon = true,
                "-name" => line.name = arguments.next(),
                "-loggc" => {}
                _ => {
                    line.rest = std::iter::once(argument).chain(arguments).collect();
                    break;
                }
            }
        }
        line
    }
}

/// `kafka-server-start`.
pub fn run(arguments: Vec<String>) -> Outcome {
    let line = Line::split(arguments);
    if line.rest.iter().any(|argument| argument == "--version") {
        return print_version();
    }
    let arguments = server_arguments(&line.rest)?;
    if line.daemon {
        let name = line.name.as_deref().unwrap_or("kafkaServer");
        return start_beside(name, "kafka-server-start", &line.rest);
    }
    tools::done(server::run(&arguments))
}

/// `kafka-run-class`: the server or a tool by the name of its class.
pub fn run_class(arguments: Vec<String>) -> Outcome {
    let mut line = Line::split(arguments);
    if line.rest.is_empty() {
        return Err(Failure::message(
            "USAGE: kafka-run-class.sh [-daemon] [-name servicename] [-loggc] classname [opts]",
        ));
    }
    let class = line.rest.remove(0);
    if line.daemon {
        let name = line.name.clone().unwrap_or_else(|| class.rsplit('.').next().unwrap_or(&class).to_owned());
        return start_beside(&name, &class, &line.rest);
    }
    match class.as_str() {
        SERVER_CLASS => run(line.rest),
        _ => tools::run_by_name(&class, line.rest),
    }
}

/// `FILE [--override NAME=VALUE]…`, as the server itself takes it.
pub(super) fn server_arguments(arguments: &[String]) -> Result<ServerArguments, Failure> {
    let Some((file, rest)) = arguments.split_first().filter(|(file, _)| *file != "--help") else {
        return Err(Failure::message(USAGE));
    };
    let mut overrides = Vec::new();
    let mut rest = rest.iter();
    while let Some(argument) = rest.next() {
        let value = match argument.as_str() {
            "--override" => rest.next(),
            other => match other.strip_prefix("--override=") {
                Some(value) => {
                    overrides.push(value.to_owned());
                    continue;
                }
                None => {
                    return Err(
                        Failure::message(format!("Found non argument parameters: {other}")).hint(USAGE)
                    );
                }
            },
        };
        match value {
            Some(value) => overrides.push(value.clone()),
            None => return Err(Failure::message("Option override requires an argument").hint(USAGE)),
        }
    }
    let log_level = std::env::var("JACKDAW_LOG").unwrap_or_else(|_| "info".to_owned());
    Ok(ServerArguments { file: Some(PathBuf::from(file)), overrides, log_format: LogFormat::Text, log_level })
}

/// Starts the tool `tool` in a process group of its own, with its output in `LOG_DIR/NAME.out`; `logs` of the distribution
/// if nobody says where.
fn start_beside(name: &str, tool: &str, arguments: &[String]) -> Outcome {
    let directory = match std::env::var_os("LOG_DIR").filter(|name| !name.is_empty()) {
        Some(directory) => PathBuf::from(directory),
        None => home(std::env::args_os().next(), std::env::var_os("PATH")).join("logs"),
    };
    files::create_directory(&directory)?;
    let log = files::append(&directory.join(format!("{name}.out")))?;
    let (output, errors) = (Stdio::from(log.try_clone()?), Stdio::from(log));
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("tool").arg(tool).args(arguments);
    command.stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
    command.spawn()?;
    Ok(Done::Well)
}

/// The distribution that a script belongs to: what its `bin` lies in. The working directory if that cannot be told.
pub(super) fn home(called: Option<OsString>, search: Option<OsString>) -> PathBuf {
    let script = called.map(PathBuf::from).and_then(|called| match called.components().count() {
        0 | 1 => {
            std::env::split_paths(&search?).map(|folder| folder.join(&called)).find(|file| file.is_file())
        }
        _ => Some(called),
    });
    let bin = script.as_deref().and_then(Path::parent).filter(|bin| bin.ends_with("bin"));
    match bin {
        Some(bin) => bin.parent().map(Path::to_path_buf).unwrap_or_default(),
        None => PathBuf::new(),
    }
}
