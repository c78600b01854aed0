//! The files of the work tree: those that git tracks, and new ones that it does not ignore.

use std::path::Path;

use anyhow::Result;

use super::mask::mask;
use crate::command::output;

/// A text file.
pub struct SourceFile {
    /// Path from the root, with `/`.
    pub path: String,
    /// Its content.
    pub text: String,
    /// For Rust: the content with comments and literals blanked out, line by line the same length; else empty.
    pub code: String,
}

impl SourceFile {
    /// A file with its code mask.
    pub fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") { mask(text) } else { String::new() };
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// Whether it is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it holds tests, benchmarks or their helpers only.
    pub fn is_test(&self) -> bool {
        let parts: Vec<&str> = self.path.split('/').collect();
        let folder = |name: &str| parts[..parts.len() - 1].contains(&name);
        folder("tests") || folder("benches") || self.path.ends_with("/tests.rs")
    }

    /// Whether a program wrote it, so that its length is nobody's fault.
    pub fn is_generated(&self) -> bool {
        let marked =
            self.text.lines().take(5).any(|line| line.starts_with("//") && line.contains("@generated"));
        marked || self.path.contains("/generated/")
    }
}

/// All files.
pub struct Tree {
    files: Vec<SourceFile>,
    paths: Vec<String>,
}

impl Tree {
    /// Reads the work tree at `root`; files that are not UTF-8 are known by name only.
    pub fn load(root: &Path) -> Result<Self> {
        let list = output(
            "git",
            &["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
            root,
        )?;
        let mut files = Vec::new();
        let mut paths = Vec::new();
        for path in list.split('\0').filter(|path| !path.is_empty()) {
            let Ok(bytes) = std::fs::read(root.join(path)) else {
                continue; // deleted, not yet committed
            };
            paths.push(path.to_owned());
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(SourceFile::new(path, &text));
            }
        }
        Ok(Self { files, paths })
    }

    /// A tree for tests.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        Self { files: files.iter().map(|(path, text)| SourceFile::new(path, text)).collect(), paths }
    }

    /// Every text file, in the order of their paths.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Every Rust file that people wrote.
    pub fn handwritten_rust(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.is_rust() && !file.is_generated())
    }

    /// The file with this path.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether a file or a folder has this path.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let below = |known: &String| {
            known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.paths.iter().any(below)
    }
}
