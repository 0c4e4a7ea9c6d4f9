//! `cargo xtask tidy`: the rules that make the architecture true, read from the manifests and the sources.

mod arrows;
mod licences;
mod proofs;
mod sources;

use std::path::Path;

use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};

/// A place where a rule is broken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Breach {
    /// The file, from the folder of the project; with a line where there is one.
    place: String,
    /// The rule, and what to do.
    rule: String,
}

/// Checks all rules and prints what breaks them.
pub(crate) fn run() -> Outcome {
    let root = workspace::root();
    let mut breaches = arrows::check(&workspace::members()?);
    let metadata =
        shell::read(&mut workspace::cargo(&["metadata", "--quiet", "--format-version", "1"]))?;
    breaches.extend(licences::check(&metadata, &workspace::read(&root.join("deny.toml"))?));
    let mut files = Vec::new();
    for path in workspace::files(&root)? {
        let Some(name) = path.strip_prefix(&root).ok().and_then(Path::to_str) else { continue };
        let text = if sources::is_text(name) { workspace::read(&path)? } else { String::new() };
        files.push((name.to_owned(), text));
    }
    let texts = files.iter().filter(|(name, _)| sources::is_text(name));
    for (name, text) in texts.clone() {
        breaches.extend(sources::check(name, text));
    }
    breaches.extend(proofs::check(&workspace::read(&root.join("docs/security.md"))?, &files));
    let count = texts.count();
    for breach in &breaches {
        println!("{}: {}", breach.place, breach.rule);
    }
    if !breaches.is_empty() {
        return Err(Failure::Rules(breaches.len()));
    }
    println!("{count} files, every rule holds");
    Ok(())
}
