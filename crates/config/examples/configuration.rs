//! Prints `docs/configuration.md`. Nothing else is here; the text is made in the library, where a test checks it.

fn main() {
    print!("{}", jackdaw_config::document());
}
