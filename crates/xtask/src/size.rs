//! `cargo xtask size`: what the first start loads, compressed as the hub sends it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::post_build::{self, Listed};
use crate::{shell, workspace};

/// The goal for everything the first start loads, in bytes.
const GOAL: u64 = 220_000;

/// Reads paths, one per line, and prints their brotli sizes as a list. Node has the compressor that browsers know; building one
/// here would cost every start of this tool.
const COMPRESS: &str = "\
const { readFileSync } = require('node:fs'); const { brotliCompressSync, constants } = require('node:zlib');\
const paths = readFileSync(0, 'utf8').split('\\n').filter(Boolean);\
const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 };\
console.log(JSON.stringify(paths.map((path) => brotliCompressSync(readFileSync(path), { params }).length)));";

/// Prints the table.
pub(crate) fn run() -> Outcome {
    let dist = workspace::dist();
    let mut files = post_build::listed(&dist)?;
    let worker = dist.join("service-worker.js");
    let bytes = std::fs::metadata(&worker).map_err(Failure::file(&worker))?.len();
    files.push(Listed::new("/service-worker.js", bytes));
    let compressed = compressed(&dist, &files)?;

    println!("loaded at the first start        raw    brotli");
    let mut rows: Vec<_> = files.iter().zip(compressed).collect();
    rows.sort_by_key(|(_, brotli)| std::cmp::Reverse(*brotli));
    for (file, brotli) in &rows {
        println!(
            "  {:<30} {:>9} {:>9}",
            shortened(&file.path),
            grouped(file.bytes),
            grouped(*brotli)
        );
    }
    let raw: u64 = files.iter().map(|file| file.bytes).sum();
    let total: u64 = rows.iter().map(|(_, brotli)| brotli).sum();
    println!("  {:<30} {:>9} {:>9}   {}", "total", grouped(raw), grouped(total), verdict(total));
    Ok(())
}

fn compressed(dist: &Path, files: &[Listed]) -> Outcome<Vec<u64>> {
    let mut command = Command::new("node");
    command.args(["-e", COMPRESS]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let broken =
        |source| Failure::Unstartable { command: "node -e .. (to compress)".to_owned(), source };
    let mut child = command.spawn().map_err(broken)?;
    if let Some(mut input) = child.stdin.take() {
        for file in files {
            writeln!(input, "{}", dist.join(file.name()).display()).map_err(broken)?;
        }
    }
    let output = child.wait_with_output().map_err(broken)?;
    if !output.status.success() {
        return Err(Failure::Program {
            command: shell::spelled(&command),
            code: output.status.code(),
        });
    }
    let sizes: Option<Vec<u64>> = serde_json::from_slice::<Value>(&output.stdout)
        .ok()
        .and_then(|value| value.as_array()?.iter().map(Value::as_u64).collect());
    sizes
        .filter(|sizes| sizes.len() == files.len())
        .ok_or_else(|| Failure::unexpected("node", "gave no list of sizes"))
}

fn verdict(total: u64) -> String {
    match total.checked_sub(GOAL) {
        None | Some(0) => format!("goal {}: {} left", grouped(GOAL), grouped(GOAL - total)),
        Some(over) => format!("goal {}: {} OVER", grouped(GOAL), grouped(over)),
    }
}

/// A name without the middle of its hash.
fn shortened(path: &str) -> String {
    let name = path.trim_start_matches('/');
    match name.len() {
        0 => "index.html".to_owned(),
        1..=30 => name.to_owned(),
        length => {
            format!("{}..{}", name.get(..14).unwrap_or(name), name.get(length - 14..).unwrap_or(""))
        }
    }
}

/// A number with a space every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1 234 567");
    }

    #[test]
    fn the_goal_is_compared() {
        assert_eq!(verdict(GOAL), "goal 220 000: 0 left");
        assert_eq!(verdict(GOAL + 1500), "goal 220 000: 1 500 OVER");
    }
}
