//! What tests of several modules share: a clock, a file on the real file system, sockets that speak frames.
#![allow(clippy::disallowed_methods, reason = "tests set up their own files and clocks")]

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use jackdaw_base::disk::DiskFile;
use jackdaw_base::{Clock, MonotonicNs, TimestampMs};

/// Real monotonic time.
pub(crate) struct TestClock(Instant);

impl TestClock {
    pub(crate) fn shared() -> Arc<dyn Clock> {
        Arc::new(Self(Instant::now()))
    }
}

impl Clock for TestClock {
    fn wall(&self) -> TimestampMs {
        TimestampMs(0)
    }

    fn monotonic(&self) -> MonotonicNs {
        MonotonicNs(self.0.elapsed().as_nanos() as u64)
    }
}

/// A file that is gone by name as soon as it is made.
pub(crate) struct TestFile {
    file: File,
    /// Whether it has a descriptor, as far as anybody is told.
    real: bool,
}

impl TestFile {
    pub(crate) fn with(name: &str, content: &[u8], real: bool) -> Arc<dyn DiskFile> {
        let unique = format!("jackdaw-broker-{}-{name}", std::process::id());
        let path: PathBuf = std::env::temp_dir().join(unique);
        let mut file =
            File::options().read(true).write(true).create(true).truncate(true).open(&path).expect("opens");
        std::fs::remove_file(&path).expect("removes");
        file.write_all(content).expect("writes");
        Arc::new(Self { file, real })
    }
}

impl DiskFile for TestFile {
    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.file.read_at(buffer, position)
    }

    fn write_at(&self, parts: &[IoSlice<'_>], mut position: u64) -> io::Result<()> {
        for part in parts {
            self.file.write_all_at(part, position)?;
            position += part.len() as u64;
        }
        Ok(())
    }

    fn set_size(&self, size_bytes: u64) -> io::Result<()> {
        self.file.set_len(size_bytes)
    }

    fn allocate(&self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn drop_cache(&self) -> io::Result<()> {
        self.file.sync_data()?;
        rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed).map_err(Into::into)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.real.then(|| self.file.as_fd())
    }
}

/// Bytes that differ everywhere, so that a wrong place shows.
pub(crate) fn pattern(size_bytes: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(size_bytes)
    .collect()
}

/// A request without its length: header (version 1, or 2 with no tags), then `body`.
pub(crate) fn request(
    api_key: i16,
    version: i16,
    correlation_id: i32,
    flexible: bool,
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(api_key.to_be_bytes());
    bytes.extend(version.to_be_bytes());
    bytes.extend(correlation_id.to_be_bytes());
    bytes.extend(4i16.to_be_bytes());
    bytes.extend(b"test");
    if flexible {
        bytes.push(0);
    }
    bytes.extend(body);
    bytes
}

/// The length of a frame and the frame.
pub(crate) fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut framed = (bytes.len() as i32).to_be_bytes().to_vec();
    framed.extend(bytes);
    framed
}

/// A client that blocks, on a thread of the test.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).expect("connects");
        socket.set_nodelay(true).expect("sets");
        Self(socket)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("sends");
    }

    /// The next answer without its length; `None` if the connection is closed.
    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 4];
        match self.0.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if super::connection_is_gone(&error) => return None,
            Err(error) => panic!("{error}"),
        }
        let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length)).expect("not negative")];
        self.0.read_exact(&mut frame).ok().map(|()| frame)
    }

    /// The correlation id of the next answer.
    pub(crate) fn receive_id(&mut self) -> Option<i32> {
        self.receive().map(|frame| i32::from_be_bytes(*frame.first_chunk().expect("has a header")))
    }
}
