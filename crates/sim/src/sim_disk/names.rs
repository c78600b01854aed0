//! The tree of names of a simulated disk, twice: as the process sees it, and as it lies on the device. Changes wait in
//! order for the sync of their directory. It holds no bytes of files.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};

use super::power_cut::Loss;

/// What a name stands for, whatever it is called.
pub(super) type Inode = u64;

/// The root of the tree, which is always there.
pub(super) const ROOT: Inode = 0;

#[derive(Clone, Debug, Default)]
struct Directory {
    names: BTreeMap<String, Inode>,
    names_on_device: BTreeMap<String, Inode>,
}

/// One name that is given or taken.
#[derive(Clone, Debug)]
struct NameChange {
    directory: Inode,
    name: String,
    inode: Option<Inode>,
}

/// All names, and the changes to them that no sync has made durable. The changes of one operation are kept or lost together.
#[derive(Clone, Debug)]
pub(super) struct Names {
    directories: BTreeMap<Inode, Directory>,
    unsynced: Vec<Vec<NameChange>>,
    inode_next: Inode,
}

impl Names {
    pub(super) fn new() -> Self {
        let directories = BTreeMap::from([(ROOT, Directory::default())]);
        Self { directories, unsynced: Vec::new(), inode_next: ROOT + 1 }
    }

    /// What `path` stands for.
    pub(super) fn find(&self, path: &Path) -> io::Result<Inode> {
        let mut at = ROOT;
        for name in components(path)? {
            let directory = self.directories.get(&at).ok_or(io::ErrorKind::NotADirectory)?;
            at = *directory.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        }
        Ok(at)
    }

    pub(super) fn is_directory(&self, inode: Inode) -> bool {
        self.directories.contains_key(&inode)
    }

    /// The names in a directory.
    pub(super) fn list(&self, path: &Path) -> io::Result<&BTreeMap<String, Inode>> {
        let inode = self.find(path)?;
        Ok(&self.directories.get(&inode).ok_or(io::ErrorKind::NotADirectory)?.names)
    }

    /// Gives a new file a name that nothing has yet.
    pub(super) fn create_file(&mut self, path: &Path) -> io::Result<Inode> {
        let (directory, name) = self.parent(path)?;
        let inode = self.inode_next;
        self.inode_next += 1;
        self.change(vec![NameChange { directory, name, inode: Some(inode) }]);
        Ok(inode)
    }

    /// Makes a directory, if none is there.
    pub(super) fn create_directory(&mut self, path: &Path) -> io::Result<()> {
        match self.find(path) {
            Ok(inode) if self.is_directory(inode) => Ok(()),
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let inode = self.create_file(path)?;
                self.directories.insert(inode, Directory::default());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Takes a file's name.
    pub(super) fn remove_file(&mut self, path: &Path) -> io::Result<()> {
        let inode = self.find(path)?;
        if self.is_directory(inode) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (directory, name) = self.parent(path)?;
        self.change(vec![NameChange { directory, name, inode: None }]);
        Ok(())
    }

    /// Takes the names of a directory and of all below it, from the inside out, one by one.
    pub(super) fn remove_directory(&mut self, path: &Path) -> io::Result<()> {
        let inode = self.find(path)?;
        if !self.is_directory(inode) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let (directory, name) = self.parent(path)?;
        self.empty(inode);
        self.change(vec![NameChange { directory, name, inode: None }]);
        Ok(())
    }

    /// Moves a name, over a file that has the new one.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let moved = self.find(from)?;
        let (old_directory, old_name) = self.parent(from)?;
        let (new_directory, new_name) = self.parent(to)?;
        if to.starts_with(from) {
            return if to == from { Ok(()) } else { Err(io::ErrorKind::InvalidInput.into()) };
        }
        match self.find(to) {
            Ok(replaced) => match (self.is_directory(moved), self.directories.get(&replaced)) {
                (false, Some(_)) => return Err(io::ErrorKind::IsADirectory.into()),
                (true, None) => return Err(io::ErrorKind::NotADirectory.into()),
                (true, Some(replaced)) if !replaced.names.is_empty() => {
                    return Err(io::ErrorKind::DirectoryNotEmpty.into());
                }
                _ => {}
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.change(vec![
            NameChange { directory: old_directory, name: old_name, inode: None },
            NameChange { directory: new_directory, name: new_name, inode: Some(moved) },
        ]);
        Ok(())
    }

    /// Makes the names in a directory durable. A move between two directories becomes durable as a whole.
    pub(super) fn sync(&mut self, path: &Path) -> io::Result<()> {
        let inode = self.find(path)?;
        if !self.is_directory(inode) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let touches = |operation: &Vec<NameChange>| operation.iter().any(|change| change.directory == inode);
        let synced: Vec<_> = self.unsynced.extract_if(.., |operation| touches(operation)).flatten().collect();
        // What another directory still has waiting for these names is older, and overtaken.
        for operation in &mut self.unsynced {
            operation.retain(|waiting| {
                !synced.iter().any(|done| done.directory == waiting.directory && done.name == waiting.name)
            });
        }
        self.unsynced.retain(|operation| !operation.is_empty());
        synced.iter().for_each(|change| self.apply_on_device(change));
        Ok(())
    }

    /// The power fails: of the unsynced changes, `loss` decides which ones arrived.
    pub(super) fn cut_power(&mut self, loss: &mut Loss) {
        for operation in std::mem::take(&mut self.unsynced) {
            if loss.keeps_name() {
                operation.iter().for_each(|change| self.apply_on_device(change));
            }
        }
        for directory in self.directories.values_mut() {
            directory.names = directory.names_on_device.clone();
        }
        let reachable = self.reachable();
        self.directories.retain(|inode, _| reachable.contains(inode));
    }

    /// All that has a name now.
    pub(super) fn reachable(&self) -> BTreeSet<Inode> {
        let (mut found, mut left) = (BTreeSet::from([ROOT]), vec![ROOT]);
        while let Some(inode) = left.pop() {
            let Some(directory) = self.directories.get(&inode) else { continue };
            left.extend(directory.names.values().filter(|inode| found.insert(**inode)));
        }
        found
    }

    /// All that has a name now, or could have one after a power cut.
    pub(super) fn reachable_after_power_cut(&self) -> BTreeSet<Inode> {
        let named =
            self.directories.values().flat_map(|it| it.names.values().chain(it.names_on_device.values()));
        named
            .chain(self.unsynced.iter().flatten().filter_map(|change| change.inode.as_ref()))
            .copied()
            .collect()
    }

    /// Where a path's last name lies.
    fn parent(&self, path: &Path) -> io::Result<(Inode, String)> {
        let name = components(path)?.pop().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = self.find(path.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
        if !self.is_directory(parent) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok((parent, name.to_owned()))
    }

    fn empty(&mut self, inode: Inode) {
        let Some(directory) = self.directories.get(&inode) else { return };
        for (name, below) in directory.names.clone() {
            self.empty(below);
            self.change(vec![NameChange { directory: inode, name, inode: None }]);
        }
    }

    fn change(&mut self, operation: Vec<NameChange>) {
        for change in &operation {
            if let Some(directory) = self.directories.get_mut(&change.directory) {
                apply(&mut directory.names, change);
            }
        }
        self.unsynced.push(operation);
    }

    fn apply_on_device(&mut self, change: &NameChange) {
        if let Some(directory) = self.directories.get_mut(&change.directory) {
            apply(&mut directory.names_on_device, change);
        }
    }
}

fn apply(names: &mut BTreeMap<String, Inode>, change: &NameChange) {
    match change.inode {
        Some(inode) => names.insert(change.name.clone(), inode),
        None => names.remove(&change.name),
    };
}

/// The names of a whole path, from the root on.
fn components(path: &Path) -> io::Result<Vec<&str>> {
    let mut names = Vec::new();
    let mut parts = path.components();
    if parts.next() != Some(Component::RootDir) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a simulated path starts at the root"));
    }
    for part in parts {
        match part {
            Component::Normal(name) => names.push(name.to_str().ok_or(io::ErrorKind::InvalidInput)?),
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
    }
    Ok(names)
}
