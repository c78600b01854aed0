//! PEM (RFC 7468): sections of base64 between lines of dashes. Blanks count for nothing, so that a file fits into one
//! line of a properties file.

use jackdaw_base::base64;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// A section: what it is, as in `CERTIFICATE`, and its bytes.
#[derive(PartialEq, Eq)]
pub(super) struct Section {
    pub(super) label: String,
    pub(super) bytes: Vec<u8>,
}

/// Whether bytes look like PEM: other text may stand in front of a section.
pub(super) fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes())
}

/// The sections of a text.
pub(super) fn sections(text: &str) -> Result<Vec<Section>, &'static str> {
    let mut sections = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once(BEGIN) {
        let (label, body) = begun.split_once(DASHES).ok_or("a BEGIN without its dashes")?;
        let (body, ended) = body.split_once(END).ok_or("a section without an END")?;
        let after = ended.strip_prefix(label).and_then(|after| after.strip_prefix(DASHES));
        rest = after.ok_or("a section whose END is another's")?;
        // A traditional encrypted key says so in headers.
        let (label, body) = match body.contains("Proc-Type:") {
            true => (format!("{label} (Proc-Type)"), ""),
            false => (label.to_owned(), body),
        };
        let body: String = body.split_whitespace().collect();
        sections.push(Section { label, bytes: base64::decode(&body).ok_or("a section that is no base64")? });
    }
    Ok(sections)
}

#[cfg(test)]
mod tests;
