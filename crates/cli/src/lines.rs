//! Lines of standard input or of a file, read by a thread of their own, so that what was read already is sent while a person
//! thinks about the next one.

use std::io::{self, Read};

use tokio::sync::mpsc;

use crate::failure::Failure;

/// How much is read at once.
const READ_BYTES: usize = 1 << 17;
/// How many pieces are read ahead.
const PIECES_MAX: usize = 8;
/// The longest line.
const LINE_BYTES_MAX: usize = 1 << 30;

/// Pieces of whole lines.
pub struct Lines {
    pieces: mpsc::Receiver<io::Result<Vec<u8>>>,
}

impl Lines {
    /// Starts to read.
    pub fn read(source: impl Read + Send + 'static) -> Result<Self, Failure> {
        let (sender, pieces) = mpsc::channel(PIECES_MAX);
        std::thread::Builder::new().name("input".to_owned()).spawn(move || read_all(source, &sender))?;
        Ok(Self { pieces })
    }

    /// Some whole lines with the line breaks between and behind them; the last one of all may lack its own. `None` at the end.
    pub async fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        self.pieces.recv().await
    }
}

/// The lines of a piece, without their line breaks.
pub fn split(piece: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = piece.strip_suffix(b"\n").unwrap_or(piece);
    whole.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn read_all(mut source: impl Read, sender: &mpsc::Sender<io::Result<Vec<u8>>>) {
    let mut buffer = vec![0; READ_BYTES];
    let mut begun = Vec::new();
    loop {
        let piece = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => complete(&mut begun, &buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Some(Err(error)),
        };
        let is_end = matches!(piece, Some(Err(_)));
        if piece.is_some_and(|piece| sender.blocking_send(piece).is_err()) || is_end {
            return;
        }
    }
    if !begun.is_empty() {
        // Nobody listens any more: then nobody misses it.
        let _ = sender.blocking_send(Ok(begun));
    }
}

/// Adds what was read to a line that was begun; the whole lines there are now.
fn complete(begun: &mut Vec<u8>, read: &[u8]) -> Option<io::Result<Vec<u8>>> {
    let Some(end) = read.iter().rposition(|byte| *byte == b'\n') else {
        begun.extend_from_slice(read);
        let is_too_long = begun.len() > LINE_BYTES_MAX;
        let what = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a line is longer than {LINE_BYTES_MAX} bytes"),
            )
        };
        return is_too_long.then(|| Err(what()));
    };
    let mut piece = std::mem::take(begun);
    piece.extend_from_slice(&read[..=end]);
    begun.extend_from_slice(&read[end + 1..]);
    Some(Ok(piece))
}

#[cfg(test)]
mod tests;
