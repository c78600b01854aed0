use super::*;

/// Gives its bytes in pieces of a fixed size.
struct Slow(Vec<u8>, usize);

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0.drain(..count);
        Ok(count)
    }
}

#[test]
fn lines_are_whole_however_they_arrive() {
    let check = |text: &str, expected: &[&str]| {
        for size in 1..=text.len().max(1) {
            let source = Slow(text.as_bytes().to_vec(), size);
            let found = crate::runtime::block_on(async move {
                let mut lines = Lines::read(source)?;
                let mut found = Vec::new();
                while let Some(piece) = lines.next().await {
                    found.extend(split(&piece?).map(|line| String::from_utf8_lossy(line).into_owned()));
                }
                Ok(found)
            });
            assert_eq!(found.map_err(|failure| failure.message).expect(text), expected, "{text:?} by {size}");
        }
    };
    check("", &[]);
    check("a", &["a"]);
    check("a\n", &["a"]);
    check("a\r\nbc\n\nd", &["a", "bc", "", "d"]);
    check("\n", &[""]);
}
