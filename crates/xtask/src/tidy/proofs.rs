//! What `docs/security.md` says is proved must have the proof that it names: a test that was renamed or
//! dropped takes its sentence with it.

use super::Breach;

const DOCUMENT: &str = "docs/security.md";

/// Looks for every test and every file that the tables name. `files` are all of ours, with their text.
pub(super) fn check(document: &str, files: &[(String, String)]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (index, line) in document.lines().enumerate() {
        for name in proofs(line).filter(|name| !exists(name, files)) {
            let place = format!("{DOCUMENT}:{}", index + 1);
            let rule =
                format!("`{name}` is no test and no file any more: say what proves this now");
            breaches.push(Breach { place, rule });
        }
    }
    breaches
}

/// What stands in code marks in the last cell of a row.
fn proofs(line: &str) -> impl Iterator<Item = &str> {
    let is_row = line.starts_with("| T") || line.starts_with("| R");
    let cell = line.trim_end_matches([' ', '|']).rsplit(" | ").next().filter(|_| is_row);
    cell.unwrap_or_default().split('`').skip(1).step_by(2).filter(|name| is_name(name))
}

/// Verdicts such as `XXXV` stand in code marks as well.
fn is_name(text: &str) -> bool {
    text.chars().any(|letter| letter.is_ascii_lowercase())
}

fn exists(name: &str, files: &[(String, String)]) -> bool {
    if name.contains('.') || name.contains('/') {
        let wanted = format!("/{}", name.trim_end_matches('/'));
        let within = format!("{wanted}/");
        return files.iter().any(|(file, _)| {
            let file = format!("/{file}");
            file.ends_with(&wanted) || file.contains(&within)
        });
    }
    let (start, is_cut) = match name.strip_suffix('…') {
        Some(start) => (start, true),
        None => (name, false),
    };
    let test = if is_cut { format!("fn {start}") } else { format!("fn {start}(") };
    files.iter().any(|(file, text)| {
        // A journey, a fuzz target or a module is a file of that name.
        let of_that_name = file.rsplit('/').next().and_then(|last| last.split('.').next());
        of_that_name == Some(start)
            || file.contains(&format!("/{start}/"))
            || (file.ends_with(".rs") && text.contains(&test))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<(String, String)> {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        vec![
            file("crates/core/tests/bad_input.rs", "fn a_clock_out_of_its_bounds() {}"),
            file("tests/journeys/csp_blocks.mjs", ""),
        ]
    }

    #[test]
    fn what_is_named_and_there_is_fine() {
        let document = "| T05 | a | b | core `bad_input.rs` `a_clock_out_of_its_bounds`, `a_clock…`; journey `csp_blocks`, `core/tests/`, `XXXV` |";
        assert_eq!(check(document, &files()), []);
    }

    #[test]
    fn what_is_named_and_gone_is_found() {
        for proof in ["`a_clock_out_of…x`", "`a_clock`", "`bad.rs`", "`journeys/other/`", "`gone…`"]
        {
            let document = format!("\n| R05 | a `fine_here` | core {proof} |\n");
            let found = check(&document, &files());
            assert_eq!(found.len(), 1, "{proof}: {found:?}");
            assert_eq!(found[0].place, "docs/security.md:2");
        }
        // Sentences are no rows.
        assert_eq!(check("the test `gone` of before", &files()), []);
    }
}
