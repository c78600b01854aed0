//! What helps people at a terminal: completions for their shell, and manual pages, both made from the arguments.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use jackdaw_cli::failure::Failure;
use jackdaw_cli::outcome::{Done, Outcome};
use jackdaw_cli::{files, out};

use crate::arguments::Arguments;

/// Prints the completions of a shell.
pub fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "jackdaw", &mut script);
    out::print(&String::from_utf8_lossy(&script))?;
    Ok(Done::Well)
}

/// Writes a page for the program and one for each of its commands.
pub fn manual(directory: &Path) -> Outcome {
    files::create_directory(directory)?;
    let mut command = Arguments::command();
    command.build();
    write_pages(directory, &command, "jackdaw")?;
    jackdaw_cli::say!("Pages in {}; man -l shows one.", directory.display());
    Ok(Done::Well)
}

fn write_pages(directory: &Path, command: &Command, name: &str) -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().display_name(name.to_owned())).render(&mut page)?;
    files::write(&directory.join(format!("{name}.1")), &page)?;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        write_pages(directory, inner, &format!("{name}-{}", inner.get_name()))?;
    }
    Ok(())
}
