//! The servers that run on this machine: processes of this very binary whose arguments are those of a server.

use std::path::{Path, PathBuf};

use jackdaw_cli::files;
use jackdaw_config::properties;
use rustix::process::{Pid, getpid};

/// The longest line of arguments and the largest properties file that are looked at.
const READ_BYTES_MAX: u64 = 1 << 20;

/// Which servers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Wanted {
    /// Only the one with this id.
    pub node_id: Option<i64>,
    /// Only those with this role.
    pub role: Option<String>,
}

impl Wanted {
    fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// What is said when there is none.
    pub(super) fn nothing_found(&self) -> String {
        match (self.node_id, &self.role) {
            (Some(id), _) => format!("No kafka server with node.id={id} to stop"),
            (None, Some(role)) => format!("No kafka server with process.roles={role} to stop"),
            (None, None) => "No kafka server to stop".to_owned(),
        }
    }

    /// Whether a server with these settings is meant. The last of several values counts.
    fn fits(&self, settings: &[(String, String)]) -> bool {
        let value =
            |name: &str| settings.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        let has_id = self.node_id.is_none_or(|id| value("node.id").unwrap_or("1").parse() == Ok(id));
        let roles = value("process.roles").unwrap_or("broker,controller");
        let has_role = |wanted: &String| roles.split(',').any(|role| role.trim() == wanted);
        has_id && self.role.as_ref().is_none_or(has_role)
    }
}

/// The servers that are wanted, but not this process.
pub(super) fn servers(wanted: &Wanted) -> std::io::Result<Vec<Pid>> {
    let own = std::env::current_exe()?;
    let mut found = Vec::new();
    for name in files::names(Path::new("/proc"))? {
        let Some(pid) = name.parse().ok().and_then(Pid::from_raw).filter(|pid| *pid != getpid()) else {
            continue;
        };
        // A process may end while it is looked at; then it is no server any more.
        if runs(pid, &own) && server_of(pid).is_some_and(|server| server.is_wanted(wanted)) {
            found.push(pid);
        }
    }
    Ok(found)
}

fn place(pid: Pid, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{}/{name}", pid.as_raw_nonzero()))
}

/// Whether the process is this binary, also if the file was replaced since it was started.
fn runs(pid: Pid, own: &Path) -> bool {
    let Ok(executable) = place(pid, "exe").read_link() else { return false };
    let text = executable.to_string_lossy();
    Path::new(text.strip_suffix(" (deleted)").unwrap_or(&text)) == own
}

/// What a server was started with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ServerLine {
    file: Option<PathBuf>,
    overrides: Vec<(String, String)>,
}

impl ServerLine {
    fn is_wanted(&self, wanted: &Wanted) -> bool {
        if wanted.is_everything() {
            return true;
        }
        let mut settings = Vec::new();
        if let Some(file) = &self.file {
            let bytes = files::read(file, READ_BYTES_MAX).unwrap_or_default();
            let read = properties::settings(&file.display().to_string(), &bytes).unwrap_or_default();
            settings.extend(read.into_iter().map(|setting| (setting.name, setting.value)));
        }
        settings.extend(self.overrides.iter().cloned());
        wanted.fits(&settings)
    }

    /// Reads arguments; `None` if they are not those of a server.
    pub(super) fn parse(arguments: &[String], directory: &Path) -> Option<Self> {
        let (program, rest) = arguments.split_first()?;
        let program = Path::new(program).file_name()?.to_str()?;
        let rest = match program.strip_suffix(".sh").unwrap_or(program) {
            "kafka-server-start" => rest,
            "kafka-run-class" => behind(rest, "kafka.Kafka")?,
            _ if rest.is_empty() => rest,
            _ => match rest.first()?.as_str() {
                "server" => &rest[1..],
                "tool" => behind(rest, "kafka-server-start").or_else(|| behind(rest, "kafka.Kafka"))?,
                _ => return None,
            },
        };
        let mut line = Self { file: None, overrides: Vec::new() };
        let mut rest = rest.iter();
        while let Some(argument) = rest.next() {
            let text = match argument.strip_prefix("--override") {
                Some("") => rest.next().map(String::as_str),
                Some(text) => text.strip_prefix('='),
                None if !argument.starts_with('-') && line.file.is_none() => {
                    line.file = Some(directory.join(argument));
                    None
                }
                None => None,
            };
            line.overrides.extend(
                text.and_then(|text| text.split_once('='))
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
        }
        Some(line)
    }
}

fn behind<'a>(arguments: &'a [String], name: &str) -> Option<&'a [String]> {
    let at = arguments.iter().position(|argument| argument == name)?;
    Some(&arguments[at + 1..])
}

fn server_of(pid: Pid) -> Option<ServerLine> {
    let bytes = files::read(&place(pid, "cmdline"), READ_BYTES_MAX).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let arguments: Vec<String> = text.trim_end_matches('\0').split('\0').map(str::to_owned).collect();
    let directory = place(pid, "cwd").read_link().ok()?;
    ServerLine::parse(&arguments, &directory)
}
