//! `cargo xtask docs`: the tables of `docs/protocol.md` that come from the code.
//!
//! Between `<!-- generated:NAME -->` and `<!-- end:NAME -->` stands what `cargo run -p effigy-proto --example tables -- NAME` prints.

use std::path::PathBuf;

use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};

const BEGIN: &str = "<!-- generated:";
const CLOSE: &str = " -->";

/// Writes the tables anew.
pub(crate) fn run() -> Outcome {
    let old = workspace::read(&document())?;
    let new = generated(&old)?;
    if new == old {
        println!("docs/protocol.md is current");
        return Ok(());
    }
    workspace::write(&document(), new.as_bytes())?;
    println!("docs/protocol.md is written");
    Ok(())
}

/// Fails when the tables are not what the code says.
pub(crate) fn check() -> Outcome {
    let old = workspace::read(&document())?;
    if generated(&old)? == old {
        return Ok(());
    }
    Err(Failure::unexpected(
        "docs/protocol.md",
        "its tables are not current; write them with: cargo xtask docs",
    ))
}

fn document() -> PathBuf {
    workspace::root().join("docs/protocol.md")
}

fn generated(old: &str) -> Outcome<String> {
    replace(old, |name| {
        shell::read(&mut workspace::cargo(&[
            "run",
            "--quiet",
            "--package",
            "effigy-proto",
            "--example",
            "tables",
            "--",
            name,
        ]))
    })
}

/// Replaces what stands between the marks by what `make` says for their name.
fn replace(text: &str, make: impl Fn(&str) -> Outcome<String>) -> Outcome<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let unclosed = || Failure::unexpected("docs/protocol.md", "a mark is not closed");
        let (name, after) = after.split_once(CLOSE).ok_or_else(unclosed)?;
        let end = format!("<!-- end:{name}{CLOSE}");
        let (_, after) = after.split_once(&end).ok_or_else(unclosed)?;
        let table = make(name)?;
        result.push_str(&format!("{before}{BEGIN}{name}{CLOSE}\n{}\n{end}", table.trim_end()));
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let text = "a\n<!-- generated:kinds -->\nold\n<!-- end:kinds -->\nb\n";
        let new = replace(text, |name| Ok(format!("| {name} |\n"))).unwrap();
        assert_eq!(new, "a\n<!-- generated:kinds -->\n| kinds |\n<!-- end:kinds -->\nb\n");
        assert_eq!(replace(&new, |name| Ok(format!("| {name} |\n"))).unwrap(), new);
    }

    #[test]
    fn an_open_mark_is_an_error() {
        assert!(replace("<!-- generated:kinds -->\n", |_| Ok(String::new())).is_err());
    }
}
