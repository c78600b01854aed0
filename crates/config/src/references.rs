//! Values that are kept elsewhere: `${provider:path:key}` or `${provider:key}` in a setting (KIP-297). Finding them is here,
//! looking them up is not.

/// One reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reference<'t> {
    /// All of it, as it stands in the value.
    pub text: &'t str,
    /// The name of the provider.
    pub provider: &'t str,
    /// Where the provider looks; empty if that is not said.
    pub path: &'t str,
    /// What it looks for.
    pub key: &'t str,
}

/// The value with each reference replaced by what `look_up` finds; what is found is taken as it is. The first error ends it.
pub fn resolve<E>(
    value: &str,
    mut look_up: impl FnMut(Reference<'_>) -> Result<String, E>,
) -> Result<String, E> {
    let (mut resolved, mut rest) = (String::with_capacity(value.len()), value);
    while let Some((before, reference, after)) = next(rest) {
        resolved.push_str(before);
        resolved.push_str(&look_up(reference)?);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

/// Whether a value refers to another place.
pub fn has_reference(value: &str) -> bool {
    next(value).is_some()
}

/// What comes before the first reference, it, and what comes behind it.
fn next(text: &str) -> Option<(&str, Reference<'_>, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("${")?;
        let end = start + text[start..].find('}')?;
        let inner = &text[start + 2..end];
        if let Some((provider, rest)) = inner.split_once(':') {
            let (path, key) = rest.split_once(':').unwrap_or(("", rest));
            let reference = Reference { text: &text[start..=end], provider, path, key };
            return Some((&text[..start], reference, &text[end + 1..]));
        }
        from = end + 1;
    }
}

#[cfg(test)]
mod tests;
