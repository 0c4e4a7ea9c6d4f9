//! Names that cannot deceive the eye: what of a name reaches a screen.

use crate::limits::NAME_CHARACTERS;

/// Cleans a name for storing and for showing: no control or direction-changing characters, no piles
/// of combining marks, single spaces, at most 40 characters.
pub fn clean_name(name: &str) -> String {
    let mut clean = String::new();
    let mut marks = 0_u8;
    for character in name.chars().map(|c| if c.is_whitespace() { ' ' } else { c }) {
        if is_invisible(character) || (character == ' ' && clean.ends_with(' ')) {
            continue;
        }
        marks = if is_mark(character) { marks.saturating_add(1) } else { 0 };
        if marks <= 2 {
            clean.push(character);
        }
    }
    clean.trim().chars().take(NAME_CHARACTERS).collect::<String>().trim_end().to_owned()
}

/// Controls, directions, joiners that only hide, private use and unassigned format characters.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{f0000}'..='\u{10ffff}')
}

/// The blocks of combining marks that pile up ("zalgo").
fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_deceives() {
        for (name, clean) in [
            ("  Ana \t Lima ", "Ana Lima"),
            ("\u{202e}evil", "evil"),
            ("a\u{200b}b", "ab"),
            ("e\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}"),
            ("", ""),
            ("\u{7}\u{0}", ""),
        ] {
            assert_eq!(clean_name(name), clean);
        }
        assert_eq!(clean_name(&"x".repeat(500)).len(), 40);
    }
}
