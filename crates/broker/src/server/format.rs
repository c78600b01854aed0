//! `storage format` and `storage info`: what a node's directories are given before its first start, and what they
//! hold. The server does the same by itself; harnesses and people like to do it beforehand.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use jackdaw_base::disk::{Disk, create_directories, read_whole, replace_all_whole};
use jackdaw_base::{Clock, Entropy, NodeId};
use jackdaw_config::Config;
use jackdaw_log::checkpoint_file::{META_PROPERTIES_FILE, MetaProperties};
use jackdaw_raft::{Endpoint, Endpoints, KRaftVersionRange, ReplicaKey, Voter};
use jackdaw_store::{OsClock, OsDisk, OsEntropy};

use super::metadata::{MetadataPaths, all_directories, first_files};

/// `meta.properties` is a few lines.
const META_BYTES_MAX: u64 = 1 << 20;

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormatRequest {
    /// The id of the cluster.
    pub cluster_id: String,
    /// A dynamic quorum with this node as its only voter.
    pub standalone: bool,
    /// Leave formatted directories as they are.
    pub ignore_formatted: bool,
}

/// Why directories are not formatted.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The disk.
    #[error("{0}: {1}")]
    Disk(PathBuf, std::io::Error),
    /// There is something already.
    #[error(
        "Log directory {0} is already formatted. Use --ignore-formatted to ignore this directory and format the others."
    )]
    Formatted(PathBuf),
    /// Two ways to name the voters.
    #[error(
        "--standalone makes a quorum whose voters are in its log: remove controller.quorum.voters, which fixes them"
    )]
    StandaloneWithVoters,
    /// No way to name the voters.
    #[error("say how the quorum is made: --standalone, or controller.quorum.voters in the configuration")]
    NoVoters,
    /// No address for the voter.
    #[error(
        "--standalone needs a controller's listener with a host and a port: see controller.listener.names and listeners"
    )]
    NoControllerListener,
}

/// Formats the directories of a configuration; returns what to tell people.
pub fn format_storage(config: &Config, request: &FormatRequest) -> Result<Vec<String>, FormatError> {
    let is_static = config.statics().quorum().is_static();
    match (request.standalone, is_static) {
        (true, true) => return Err(FormatError::StandaloneWithVoters),
        (false, false) => return Err(FormatError::NoVoters),
        _ => {}
    }
    let (disk, clock) = (OsDisk, OsClock::new());
    let (paths, metadata) = (all_directories(config), MetadataPaths::of(config));
    let mut lines = Vec::new();
    let mut fresh = Vec::new();
    for path in &paths {
        match read_meta(&disk, path)? {
            Some(_) if request.ignore_formatted => {
                lines.push(format!("{} is formatted already.", path.display()))
            }
            Some(_) => return Err(FormatError::Formatted(path.clone())),
            None => fresh.push(path.clone()),
        }
    }
    for path in &fresh {
        let directory_id = OsEntropy.uuid();
        on_disk(path, create_directories(&disk, path))?;
        let mut files = Vec::new();
        if *path == metadata.root {
            let voter = if request.standalone { Some(standalone_voter(config, directory_id)?) } else { None };
            files = on_disk(path, first_files(&disk, &metadata, voter.as_ref(), clock.wall()))?;
        }
        // Last: a directory counts as formatted only when all of it is there.
        let meta = MetaProperties {
            cluster_id: request.cluster_id.clone(),
            node_id: NodeId(config.node_id()),
            directory_id: Some(directory_id),
            unknown: Vec::new(),
        };
        files.push((path.join(META_PROPERTIES_FILE), meta.encode().into_bytes()));
        on_disk(path, replace_all_whole(&disk, &files))?;
        let what = match (*path == metadata.root, request.standalone) {
            (true, true) => "dynamic metadata voter directory",
            (true, false) => "metadata directory",
            (false, _) => "data directory",
        };
        lines.push(format!("Formatting {what} {} with metadata.version 4.3-IV0.", path.display()));
    }
    Ok(lines)
}

/// What is in a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DirectoryState {
    /// It is not there.
    Missing,
    /// It is there, and not formatted.
    New,
    /// It is formatted: the lines of its `meta.properties`, by name.
    Formatted(Vec<(String, String)>),
}

/// The directories of a configuration, and what is in them.
pub fn directory_states(config: &Config) -> Result<Vec<(PathBuf, DirectoryState)>, FormatError> {
    let disk = OsDisk;
    let states = all_directories(config).into_iter().map(|path| {
        let state = match (on_disk(&path, disk.exists(&path))?, read_meta(&disk, &path)?) {
            (false, _) => DirectoryState::Missing,
            (true, None) => DirectoryState::New,
            (true, Some(text)) => {
                let pairs = text
                    .lines()
                    .filter(|line| !line.starts_with('#'))
                    .filter_map(|line| line.split_once('='));
                let mut pairs: Vec<_> =
                    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                pairs.sort();
                DirectoryState::Formatted(pairs)
            }
        };
        Ok((path, state))
    });
    states.collect()
}

/// What the directories of a configuration hold.
pub fn storage_info(config: &Config) -> Result<String, FormatError> {
    let (disk, mut report) = (OsDisk, String::new());
    for path in all_directories(config) {
        let text = match read_meta(&disk, &path)? {
            Some(meta) => format!("{}: formatted\n{}", path.display(), meta),
            None => format!("{}: not formatted\n", path.display()),
        };
        // Writing to a String cannot fail.
        let _ = write!(report, "{text}");
    }
    Ok(report)
}

fn on_disk<T>(path: &Path, result: std::io::Result<T>) -> Result<T, FormatError> {
    result.map_err(|error| FormatError::Disk(path.to_path_buf(), error))
}

fn read_meta(disk: &dyn Disk, path: &Path) -> Result<Option<String>, FormatError> {
    let file = path.join(META_PROPERTIES_FILE);
    if !on_disk(path, disk.exists(&file))? {
        return Ok(None);
    }
    let bytes = on_disk(path, read_whole(disk, &file, META_BYTES_MAX))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn standalone_voter(config: &Config, directory: jackdaw_base::DirectoryId) -> Result<Voter, FormatError> {
    let listeners = config.listeners().advertised_controller.iter();
    let endpoints: Vec<Endpoint> = listeners
        .filter(|listener| listener.endpoint.port != 0)
        .map(|listener| Endpoint {
            listener: listener.endpoint.name.clone(),
            host: if listener.endpoint.host.is_empty() {
                "localhost".into()
            } else {
                listener.endpoint.host.clone()
            },
            port: listener.endpoint.port,
        })
        .collect();
    if endpoints.is_empty() {
        return Err(FormatError::NoControllerListener);
    }
    Ok(Voter {
        key: ReplicaKey::new(NodeId(config.node_id()), directory),
        endpoints: Endpoints(endpoints.into()),
        kraft_versions: KRaftVersionRange::OURS,
    })
}
