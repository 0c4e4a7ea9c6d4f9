//! What was typed of recovery words, and what is to be said of it.

use effigy_core::mnemonic::{MOST_WORDS, completions, is_word};
use leptos::prelude::*;

/// How many words are suggested.
const SUGGESTED: usize = 4;
/// Most letters of a word that are looked at: none of the list has more than eight.
const LETTERS: usize = 32;

/// What is typed, word by word. Gone with the screen.
#[derive(Clone, Copy)]
pub(super) struct Typed {
    at: RwSignal<usize>,
    words: StoredValue<Vec<RwSignal<String>>>,
}

/// What can be said of a word that is being typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Judged {
    /// It may become one of the list.
    Begun,
    /// Nothing was typed.
    Empty,
    /// It is one.
    Known,
    /// It is none, whatever is typed behind it.
    Unknown,
}

impl Typed {
    pub(super) fn new() -> Self {
        let words = (0..MOST_WORDS).map(|_| RwSignal::new(String::new())).collect();
        Self { at: RwSignal::new(0), words: StoredValue::new(words) }
    }

    /// One of the words.
    pub(super) fn word(self, at: usize) -> RwSignal<String> {
        let word = self.words.with_value(|words| words.get(at).copied());
        word.unwrap_or_else(|| RwSignal::new(String::new()))
    }

    /// Takes what was typed or pasted into one field. Several words go to the fields behind it; tells to
    /// which field the person goes on, if to another.
    pub(super) fn enter(self, at: usize, text: &str, most: usize) -> Option<usize> {
        let parts = split(text);
        let is_ended = text.ends_with(char::is_whitespace);
        match parts.as_slice() {
            [] => self.word(at).set(String::new()),
            [only] if !is_ended => self.word(at).set(only.clone()),
            several => {
                let places = (at..most).zip(several);
                places.clone().for_each(|(place, word)| self.word(place).set(completed(word)));
                return Some(at.saturating_add(places.count()));
            }
        }
        None
    }

    /// Completes a word that only one of the list can be.
    pub(super) fn complete(self, at: usize) {
        let word = self.word(at);
        let full = word.with_untracked(|text| completed(text));
        if word.with_untracked(|text| *text != full) {
            word.set(full);
        }
    }

    /// The person is in this field.
    pub(super) fn attend(self, at: usize) {
        self.at.set(at);
    }

    pub(super) fn attended_at(self) -> usize {
        self.at.get_untracked()
    }

    /// What is typed where the person is.
    pub(super) fn attended(self) -> RwSignal<String> {
        self.word(self.at.get())
    }

    /// All words in their order.
    pub(super) fn text(self, count: usize) -> String {
        let words: Vec<String> =
            (0..count).map(|at| self.word(at).with_untracked(|text| completed(text))).collect();
        words.join(" ")
    }

    pub(super) fn first_empty(self, count: usize) -> Option<usize> {
        (0..count).find(|at| self.word(*at).with_untracked(String::is_empty))
    }

    /// The first word that is not in the list, and what was typed.
    pub(super) fn first_unknown(self, count: usize) -> Option<(usize, String)> {
        let unknown = |at: &usize| self.word(*at).with(|text| judge(text)) == Judged::Unknown;
        (0..count).find(unknown).map(|at| (at, self.word(at).get()))
    }
}

/// The words of a text: in lower case, without numbers and marks that a list may have.
fn split(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    let words = words.map(|word| word.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase());
    let short = words.map(|word| word.chars().take(LETTERS).collect::<String>());
    short.filter(|word| !word.is_empty()).collect()
}

/// What can be said of a word.
pub(super) fn judge(word: &str) -> Judged {
    if word.is_empty() {
        Judged::Empty
    } else if is_word(word) {
        Judged::Known
    } else if completions(word).next().is_some() {
        Judged::Begun
    } else {
        Judged::Unknown
    }
}

/// The word of the list that begins so, if there is one only.
fn completed(word: &str) -> String {
    let mut all = completions(word);
    match (all.next(), all.next()) {
        (Some(only), None) if !word.is_empty() => only.to_owned(),
        _ => word.to_owned(),
    }
}

/// What a word may be that is not one yet.
pub(super) fn suggestions(word: &str) -> Vec<&'static str> {
    if matches!(judge(word), Judged::Empty | Judged::Known) {
        return Vec::new();
    }
    let begins = (1..=word.chars().count()).rev();
    let begin = begins.map(|n| word.chars().take(n).collect::<String>());
    let begin = begin.into_iter().find(|begin| completions(begin).next().is_some());
    begin.map_or_else(Vec::new, |begin| completions(&begin).take(SUGGESTED).collect())
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn words_are_read_however_they_are_written_down() {
        assert_eq!(split(" 1. Abandon\n2. ABILITY,zoo "), ["abandon", "ability", "zoo"]);
        assert!(split(" 1 2 ... ").is_empty());
    }

    #[test]
    fn what_only_one_word_can_be_is_completed() {
        assert_eq!(completed("aban"), "abandon");
        assert_eq!(completed("ab"), "ab");
        assert_eq!(completed(""), "");
        assert_eq!(completed("effigy"), "effigy");
    }

    #[test]
    fn what_is_nearly_a_word_is_helped_on() {
        assert_eq!(judge("effigy"), Judged::Unknown);
        assert_eq!(suggestions("zo"), ["zone", "zoo"]);
        assert_eq!(suggestions("zopf"), ["zone", "zoo"]);
        assert!(suggestions("zoo").is_empty() && suggestions("").is_empty());
    }
}
