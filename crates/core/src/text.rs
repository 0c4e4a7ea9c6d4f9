//! Names that cannot deceive the eye: what of a name reaches a screen.

use crate::limits::{FILE_NAME_BYTES, NAME_CHARACTERS, PATH_STEPS};

/// What a character is to the eye.
enum Kind {
    /// Shows nothing, or turns the direction of what follows.
    Invisible,
    /// Binds two characters into one shape; by itself it shows nothing.
    Joiner,
    /// Stands above, below or in the character before.
    Mark,
    /// A space of any kind.
    Space,
    /// Something to see.
    Visible,
}

/// Cleans a name for storing and for showing: nothing invisible or direction-changing, joiners only
/// where they join, no piles of combining marks, single spaces, at most 40 characters. Empty where
/// there was nothing to see.
pub fn clean_name(name: &str) -> String {
    let mut clean = String::new();
    let mut count: usize = 0;
    let mut marks: u8 = 0;
    let mut last = None;
    // A space or a joiner waits until there is something behind it.
    let mut between = None;
    for character in name.chars() {
        match kind(character, last) {
            Kind::Invisible => (),
            Kind::Space => between = last.is_some().then_some(' '),
            Kind::Joiner => {
                between = between.or_else(|| last.filter(|c| joins(*c)).and(Some(character)))
            }
            Kind::Mark => {
                let fits = marks < most_marks(character) && count < NAME_CHARACTERS;
                if last.is_some() && between.is_none() && fits {
                    clean.push(character);
                    count = count.saturating_add(1);
                    marks = marks.saturating_add(1);
                }
            }
            Kind::Visible => {
                let before = between.take().filter(|c| *c == ' ' || joins(character));
                let more = 1_usize.saturating_add(usize::from(before.is_some()));
                count = count.saturating_add(more);
                if count > NAME_CHARACTERS {
                    break;
                }
                clean.extend(before);
                clean.push(character);
                (marks, last) = (0, Some(character));
            }
        }
    }
    clean
}

/// Whether a file may be called this by an entry: something to see, one step, nothing that any system
/// takes for a way.
pub fn is_file_name(name: &str) -> bool {
    let is_dots = name.bytes().all(|byte| byte == b'.');
    let breaks = |character: char| character.is_control() || matches!(character, '/' | '\\');
    !is_dots && name.len() <= FILE_NAME_BYTES && !name.contains(breaks) && !name.trim().is_empty()
}

/// Whether a file may stand in a folder by this way: a few steps, each of which may be a file's name.
pub fn is_path(path: &str) -> bool {
    path.split('/').count() <= PATH_STEPS && path.split('/').all(is_file_name)
}

/// What a file is called on a screen and on a disk: nothing invisible or direction-changing, nothing that
/// some system does not write, no space or dot at an end, and no device's name. Never empty. The end,
/// which says what kind of file it is, stays.
pub fn clean_file_name(name: &str) -> String {
    let mut clean = String::new();
    let is_shown = |character: &char| character.is_whitespace() || !is_invisible(*character);
    for character in name.chars().filter(is_shown) {
        let is_odd = matches!(character, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
        clean.push(match character {
            _ if is_odd => '_',
            _ if character.is_whitespace() => ' ',
            _ => character,
        });
    }
    let ends = |character: char| character == ' ' || character == '.';
    let mut clean = clean.trim_matches(' ').trim_end_matches(ends).to_owned();
    let stem = clean.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.parse::<u8>().is_ok())
    };
    let is_device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL");
    if clean.is_empty() || is_device || numbered("COM") || numbered("LPT") {
        clean.insert(0, '_');
    }
    // As long as a disk takes it, from the middle.
    while clean.len() > FILE_NAME_BYTES {
        let dot = clean.rfind('.').filter(|dot| clean.len().saturating_sub(*dot) < 32);
        let before = clean.get(..dot.unwrap_or(clean.len())).unwrap_or_default();
        let Some((at, _)) = before.char_indices().next_back() else { break };
        clean.remove(at);
    }
    clean
}

fn kind(character: char, before: Option<char>) -> Kind {
    if character.is_whitespace() {
        return Kind::Space;
    }
    match character {
        '\u{200c}' | '\u{200d}' => Kind::Joiner,
        // "Show it in colour", which only pictographs listen to.
        '\u{fe0f}' if before.is_some_and(is_pictograph) => Kind::Mark,
        _ if is_invisible(character) => Kind::Invisible,
        _ if is_mark(character) || is_stacked(character) => Kind::Mark,
        _ => Kind::Visible,
    }
}

/// Controls, directions, fillers that look like a space or like nothing, variants, private use and
/// what is no character: Unicode's `Default_Ignorable_Code_Point` and a few more.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{fffe}'..='\u{ffff}'
            | '\u{13430}'..='\u{13440}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{f0000}'..='\u{10ffff}')
}

/// Combining marks that pile up ("zalgo"): the blocks that belong to no script, and those of scripts
/// in which two on one letter are enough.
fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'
        | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}'
        | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{e31}' | '\u{e34}'..='\u{e3a}'
        | '\u{e47}'..='\u{e4e}' | '\u{eb1}' | '\u{eb4}'..='\u{ebc}' | '\u{ec8}'..='\u{ecd}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{302a}'..='\u{302f}' | '\u{3099}'..='\u{309a}' | '\u{fe20}'..='\u{fe2f}')
}

/// Tibetan writes what other scripts write beside one another above and below: letters as well as vowels.
fn is_stacked(character: char) -> bool {
    matches!(character, '\u{f71}'..='\u{f84}' | '\u{f86}'..='\u{f87}' | '\u{f8d}'..='\u{fbc}')
}

/// How many marks one letter may have at most, this one being the last of them.
fn most_marks(mark: char) -> u8 {
    if is_stacked(mark) { 6 } else { 2 }
}

/// Where a joiner changes what is seen: in scripts whose letters touch, from Arabic to Sinhala, and
/// between pictographs. Anywhere else it makes two names that look like one.
fn joins(character: char) -> bool {
    matches!(character, '\u{600}'..='\u{dff}') || is_pictograph(character)
}

fn is_pictograph(character: char) -> bool {
    matches!(character, '\u{2190}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_what_every_disk_takes() {
        for (name, clean) in [
            ("film.mp4", "film.mp4"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("c:\\con.txt", "c__con.txt"),
            ("CON.txt", "_CON.txt"),
            ("com1", "_com1"),
            ("com10", "com10"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            (" a\tb . ", "a b"),
            ("\u{0}\u{200b}", "_"),
            ("...", "_"),
        ] {
            assert_eq!(clean_file_name(name), clean, "{name:?}");
            assert_eq!(clean_file_name(clean), clean, "{name:?}");
            assert!(is_file_name(clean), "{name:?}");
        }
        let long = format!("{}.webm", "é".repeat(400));
        let clean = clean_file_name(&long);
        assert!(
            clean.ends_with("éé.webm") && (250..=255).contains(&clean.len()),
            "{}",
            clean.len()
        );
    }

    #[test]
    fn ways_in_a_folder_lead_down() {
        for path in ["a", "a/b c/d.txt", "..a/b..", "1/2/3/4/5/6/7/8"] {
            assert!(is_path(path), "{path}");
        }
        for path in ["", "/a", "a/", "a//b", ".", "a/../b", "a\\b", "a/\u{0}", "1/2/3/4/5/6/7/8/9"]
        {
            assert!(!is_path(path), "{path}");
        }
    }

    #[test]
    fn names_lose_what_deceives() {
        for (name, clean) in [
            ("  Ana \t Lima ", "Ana Lima"),
            ("", ""),
            ("\u{7}\u{0}", ""),
            // Directions: the name would be read backwards, or turn what stands beside it.
            ("\u{202e}evil", "evil"),
            ("\u{202d}evil\u{202c}", "evil"),
            ("Ana\u{202e}gnp.exe", "Anagnp.exe"),
            ("Ana \u{2066}\u{2067}\u{2068}\u{2069}Lima", "Ana Lima"),
            ("\u{200e}Ana\u{200f}", "Ana"),
            ("A\u{61c}na", "Ana"),
            ("\u{202a}\u{202b}", ""),
            // Nothing to see: the name would equal another, or be none at all.
            ("a\u{200b}b", "ab"),
            ("A\u{200c}na", "Ana"),
            ("A\u{200d}na", "Ana"),
            ("A\u{ad}na", "Ana"),
            ("A\u{2060}na\u{feff}", "Ana"),
            ("A\u{34f}na", "Ana"),
            ("A\u{fe0f}na\u{fe0e}", "Ana"),
            ("Ana\u{e0101}", "Ana"),
            ("Ana\u{e0041}\u{e007f}", "Ana"),
            ("\u{180e}Ana", "Ana"),
            ("\u{3164}", ""),
            ("\u{3164} \u{ffa0}", ""),
            ("\u{115f}\u{1160}", ""),
            ("\u{17b4}\u{17b5}", ""),
            ("\u{2800}\u{2800}", ""),
            ("\u{200d}", ""),
            ("\u{200c}Ana\u{200d}", "Ana"),
            ("Ana\u{200d} \u{200d}Lima", "Ana Lima"),
            ("\u{fe0f}", ""),
            ("\u{1d173}Ana\u{1bca0}", "Ana"),
            ("\u{e000}\u{f8ff}\u{10ffff}", ""),
            ("\u{fffc}\u{ffff}\u{fdd0}Ana", "Ana"),
            // Spaces of every kind are one space.
            ("Ana\u{a0}\u{2003}\u{3000}Lima", "Ana Lima"),
            ("Ana\u{2028}Lima\u{85}", "Ana Lima"),
            ("Ana\r\n\r\nLima", "Ana Lima"),
            ("\u{2007}\u{202f}\u{205f}", ""),
            // Piles of marks ("zalgo"): they would cover what stands around them.
            ("e\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}"),
            ("\u{301}\u{301}Ana", "Ana"),
            ("Ana \u{301}", "Ana"),
            ("\u{36f}", ""),
            ("Z\u{489}\u{489}\u{489}a", "Z\u{489}\u{489}a"),
            ("ก\u{e47}\u{e47}\u{e47}\u{e47}", "ก\u{e47}\u{e47}"),
            ("ب\u{64b}\u{64c}\u{64d}", "ب\u{64b}\u{64c}"),
            ("ש\u{5b0}\u{5b1}\u{5b2}", "ש\u{5b0}\u{5b1}"),
            ("a\u{20dd}\u{20de}\u{20df}", "a\u{20dd}\u{20de}"),
            ("a\u{fe20}\u{1dc0}\u{1ab0}", "a\u{fe20}\u{1dc0}"),
            (
                "Z\u{f71}\u{f71}\u{f71}\u{f71}\u{f71}\u{f71}\u{f71}\u{f71}",
                "Z\u{f71}\u{f71}\u{f71}\u{f71}\u{f71}\u{f71}",
            ),
            ("ཀ\u{f71}\u{f71}\u{f71}\u{301}", "ཀ\u{f71}\u{f71}\u{f71}"),
        ] {
            assert_eq!(clean_name(name), clean, "{name:?}");
        }
        assert_eq!(clean_name(&"x".repeat(500)), "x".repeat(40));
        assert_eq!(clean_name(&"x ".repeat(500)), "x ".repeat(20).trim_end());
        assert_eq!(clean_name(&format!("{} y", "x".repeat(39))), "x".repeat(39));
        assert_eq!(clean_name(&format!("{}\u{301}", "x".repeat(40))), "x".repeat(40));
    }

    #[test]
    fn names_keep_what_is_theirs() {
        for name in [
            "Ana",
            "Zoë Ångström",
            "Nguye\u{302}\u{303}n",
            "علی\u{200c}رضا",
            "क\u{94d}\u{200d}ष",
            "👩\u{200d}🚀",
            "👩🏽\u{200d}❤\u{fe0f}\u{200d}👩🏻",
            "🏳\u{fe0f}\u{200d}🌈",
            "ส\u{e34}\u{e49}ม",
            "מ\u{5b9}ש\u{5c1}\u{5b6}ה",
            "བས\u{f92}\u{fb2}\u{f74}བས",
            "ཧ\u{f71}\u{f74}\u{f83}",
            "李小龍",
            "O'Neill-Jr. 3rd",
            // What only looks like another name is another name: a short key stands beside it.
            "Аnа",
            "Αna",
            "Ana",
            "𝐀𝐧𝐚",
            "Ꭺna",
            "rnary",
            "l1I|",
        ] {
            assert_eq!(clean_name(name), name, "{name:?}");
        }
    }
}
