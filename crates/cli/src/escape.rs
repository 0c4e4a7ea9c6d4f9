//! Text of others on a terminal: shown, never obeyed.
//!
//! A feed may carry any character. Those that steer a terminal, turn the direction of writing or
//! cannot be seen are written as `\u{1b}`, so that what is read is what is there.

/// Writes the characters that a terminal would obey, or hide, as their numbers. Line breaks too.
pub(crate) fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, character| {
        if deceives(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
        shown
    })
}

/// The same for JSON, in JSON's own spelling: outside of strings no such character occurs, so the
/// value stays what it was.
pub(crate) fn visible_json(json: &str) -> String {
    let mut units = [0; 2];
    json.chars().fold(String::with_capacity(json.len()), |mut shown, character| {
        if deceives(character) && character != '\n' {
            for unit in character.encode_utf16(&mut units) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(character);
        }
        shown
    })
}

/// The beginning of a text on one line: runs of white space are one space, and what was cut off is
/// marked.
pub(crate) fn shortened(text: &str, characters: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= characters {
        return line;
    }
    let start: String = line.chars().take(characters.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

/// Controls, directions, what cannot be seen, and what no two fonts show alike.
fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_obey() {
        assert_eq!(visible("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(visible("\u{9b}31m\r\n\u{7f}"), "\\u{9b}31m\\u{d}\\u{a}\\u{7f}");
        assert_eq!(visible("\u{202e}gpj.exe"), "\\u{202e}gpj.exe");
        assert_eq!(visible("Jürgen 李 🙂"), "Jürgen 李 🙂");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({"text": "a\u{1b}\u{9b}\u{7f}\u{202e}\u{e0041}\n\"é\""});
        let json = serde_json::to_string_pretty(&value).unwrap();
        let shown = visible_json(&json);
        assert!(shown.chars().all(|character| character == '\n' || !deceives(character)));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }

    #[test]
    fn long_texts_become_one_short_line() {
        assert_eq!(shortened(" one\n two\tthree ", 40), "one two three");
        assert_eq!(shortened("one two three", 9), "one two…");
        assert_eq!(shortened("ééé", 3), "ééé");
    }
}
