//! `jackdaw links DIR`: the names of Kafka's scripts in `DIR/bin`, each a link to this binary, which looks at the name under
//! which it is called. What looks like a Kafka distribution to a script is one then.

use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use jackdaw_cli::failure::Failure;
use jackdaw_cli::files;
use jackdaw_cli::outcome::{Done, Outcome};

use crate::tools;

/// Makes the links anew and says what there is.
pub fn run(directory: &Path) -> Outcome {
    let binary = std::env::current_exe()?;
    let folder = directory.join("bin");
    let mut names: Vec<String> = tools::all().map(|tool| format!("{}.sh", tool.name)).collect();
    names.sort();
    let make = || -> io::Result<()> {
        files::create_directory(&folder)?;
        for name in &names {
            let link = folder.join(name);
            // Only links are replaced: whoever names the directory of a real distribution keeps its scripts.
            if link.is_symlink() {
                files::remove(&link)?;
            }
            symlink(&binary, &link).map_err(|error| {
                io::Error::new(error.kind(), format!("{} cannot be made: {error}", link.display()))
            })?;
        }
        Ok(())
    };
    make().map_err(|error| Failure::message(error.to_string()))?;
    jackdaw_cli::say!("{} tools in {}", names.len(), folder.display());
    Ok(Done::Well)
}
