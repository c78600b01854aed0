//! Finds what somebody may have meant by a name that nobody knows.

/// The known name with the fewest changes to `name`; `None` if all of them differ too much.
pub fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    // Longer texts are no typing errors, and comparing them would cost more than it tells.
    const LENGTH_MAX: usize = 128;
    if name.len() > LENGTH_MAX {
        return None;
    }
    let changes_max = (name.len() / 6).clamp(1, 4);
    let candidates = known.filter(|known| known.len().abs_diff(name.len()) <= changes_max);
    let (changes, nearest) = candidates.map(|known| (changes(name, known), known)).min()?;
    (changes <= changes_max).then_some(nearest)
}

/// How many characters have to be changed, added, removed or swapped with their neighbour.
fn changes(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before_last = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 1..=from.len() {
        let mut row = vec![i; to.len() + 1];
        for j in 1..=to.len() {
            let cost = usize::from(from[i - 1] != to[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests;
