//! Letters on their way through a hub: their names are compared as they are written, and their text is
//! passed on as it came.
//!
//! Reading two names and writing them again costs a hub more than all else that it does with a letter.
//! A letter in the one spelling in which everybody's nodes write it says the same whoever reads it, so
//! none of that is needed. Any other spelling is read as every message is.

use effigy_core::limits::MESSAGE_BYTES;

use super::{Frame, Garbage, Message};

const BEGIN: &str = r#"{"type":"message_to","letter":{"from":"did:key:z"#;
const SEALED: &str = r#"","sealed":""#;
const SIGNATURE: &str = r#"","signature":""#;
const TIME: &str = r#"","time":"#;
const TO: &str = r#","to":"did:key:z"#;
const END: &str = r#""}}"#;

/// What stands before the letter itself where it is to be passed on, and where it is passed on.
const ASKED: &str = r#"{"type":"message_to","letter":"#;
const GIVEN: &str = r#"{"type":"message_from","letter":"#;

/// Letters of a name behind `did:key:z`.
const NAME: usize = 47;
/// Letters of a signature, and those that the last of them can be: 64 bytes leave four bits over.
const SIGNATURE_LETTERS: usize = 86;
const LAST_LETTERS: &[u8] = b"AQgw";
/// So many digits are always a number that every reader keeps exactly.
const DIGITS: usize = 15;

/// A key as it is written, behind `did:key:z`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Name([u8; NAME]);

/// A letter that is to be passed on, as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Passing {
    from: Name,
    sealed: usize,
    text: String,
    to: Name,
}

impl Name {
    /// The name of a key.
    pub fn of(identity: &effigy_core::Identity) -> Self {
        let text = identity.to_string();
        let letters = text.len().checked_sub(NAME).and_then(|at| text.as_bytes().get(at..));
        // Every key has as many letters: the bytes in front, which say what kind it is, are the same.
        Self(letters.and_then(|letters| letters.try_into().ok()).unwrap_or([b'1'; NAME]))
    }

    fn read(letters: &str) -> Option<Self> {
        let is_one = letters.bytes().all(|letter| letter.is_ascii_alphanumeric());
        letters.as_bytes().try_into().ok().filter(|_| is_one).map(Self)
    }
}

impl Passing {
    /// Takes a text frame; `None` when it is no letter to be passed on, or is spelled in another way.
    fn read(text: &str) -> Option<(Name, usize, Name)> {
        if text.len() > MESSAGE_BYTES {
            return None;
        }
        let (from, rest) = text.strip_prefix(BEGIN)?.split_at_checked(NAME)?;
        let (sealed, rest) = rest.strip_prefix(SEALED)?.split_once('"')?;
        // What divided them is the first letter of what follows.
        let rest = rest.strip_prefix(SIGNATURE.get(1..)?)?;
        let (signature, rest) = rest.split_at_checked(SIGNATURE_LETTERS)?;
        let (time, rest) = rest.strip_prefix(TIME)?.split_once(',')?;
        let (to, rest) = rest.strip_prefix(TO.get(1..)?)?.split_at_checked(NAME)?;
        let is_last = |letter: &u8| LAST_LETTERS.contains(letter);
        let is_letter = rest == END
            && sealed.bytes().all(is_url_letter)
            && signature.bytes().all(is_url_letter)
            && signature.as_bytes().last().is_some_and(is_last)
            && is_number(time);
        is_letter.then_some((Name::read(from)?, sealed.len(), Name::read(to)?))
    }

    /// Who says to have written it.
    pub const fn from(&self) -> Name {
        self.from
    }

    /// For whom it is.
    pub const fn to(&self) -> Name {
        self.to
    }

    /// How many letters its sealed part has.
    pub const fn sealed(&self) -> usize {
        self.sealed
    }

    /// The frame as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The frame for whoever it is for.
    pub fn frame(&self) -> Frame {
        let letter = self.text.get(ASKED.len()..).unwrap_or_default();
        Frame::Text([GIVEN, letter].concat())
    }
}

impl Message {
    /// Reads a text frame at a hub: as [`decode_text`](Self::decode_text) does, but for letters to be
    /// passed on, which are left as they are.
    ///
    /// # Errors
    /// As [`decode_text`](Self::decode_text).
    pub fn decode_at_hub(text: String) -> Result<Self, Garbage> {
        match Passing::read(&text) {
            Some((from, sealed, to)) => Ok(Self::Pass(Passing { from, sealed, text, to })),
            None => Self::decode_text(&text),
        }
    }
}

const fn is_url_letter(letter: u8) -> bool {
    letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_'
}

fn is_number(text: &str) -> bool {
    let is_short = (1..=DIGITS).contains(&text.len());
    let is_canonical = text == "0" || !text.starts_with('0');
    is_short && is_canonical && text.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use effigy_core::random::Random;
    use effigy_core::seal::{Letter, SealingSecret, seal_letter};
    use effigy_core::{Identity, Secret, Time};
    use proptest::prelude::*;

    use super::*;

    fn letter(bytes: usize) -> Letter {
        let (ana, ben) = (Secret::from_seed(&[1; 32]), Secret::from_seed(&[2; 32]));
        let key = SealingSecret::from_bytes([3; 32]).key().unwrap();
        let text = vec![7; bytes];
        let mut random = Random::seeded([4; 32]);
        seal_letter(&text, &ana, ben.identity(), &key, Time(1_763_632_800_000), &mut random)
            .unwrap()
    }

    fn text(message: &Message) -> String {
        match message.encode() {
            Frame::Text(text) => text,
            Frame::Binary(_) => unreachable!(),
        }
    }

    #[test]
    fn a_letter_is_passed_on_as_the_slow_way_would() {
        for bytes in [0, 1, 500, 40_000] {
            let letter = letter(bytes);
            let asked = text(&Message::MessageTo { letter: letter.clone() });
            let Ok(Message::Pass(passing)) = Message::decode_at_hub(asked.clone()) else {
                panic!("not taken: {asked}")
            };
            assert_eq!(
                (passing.from(), passing.to()),
                (Name::of(&letter.from), Name::of(&letter.to))
            );
            assert_eq!(passing.sealed(), letter.sealed.len());
            assert_eq!(passing.frame(), Message::MessageFrom { letter }.encode());
            assert_eq!(passing.text(), asked);
        }
    }

    #[test]
    fn every_key_has_a_name_of_that_length() {
        for byte in [0, 1, 127, 128, 255] {
            let identity = Identity::from_bytes([byte; 32]);
            let name = Name::of(&identity);
            assert!(identity.to_string().as_bytes().ends_with(&name.0));
            assert_eq!(identity.to_string().len(), "did:key:z".len() + NAME);
        }
    }

    proptest! {
        /// Whatever is changed, what the quick way takes the slow way takes too, and says the same.
        #[test]
        fn the_quick_way_takes_nothing_that_the_slow_way_does_not(
            at in any::<prop::sample::Index>(),
            with in "[ -~]{0,3}",
            cut in 0..3_usize,
        ) {
            let whole = text(&Message::MessageTo { letter: letter(30) });
            let at = at.index(whole.len());
            let behind = whole.get(at + cut..).unwrap_or_default();
            let changed = [&whole[..at], &with, behind].concat();
            if let Ok(Message::Pass(passing)) = Message::decode_at_hub(changed.clone()) {
                match Message::decode_text(&changed) {
                    Ok(Message::MessageTo { letter }) => {
                        prop_assert_eq!(passing.from(), Name::of(&letter.from));
                        prop_assert_eq!(passing.to(), Name::of(&letter.to));
                        prop_assert_eq!(passing.sealed(), letter.sealed.len());
                        prop_assert_eq!(passing.frame(), Message::MessageFrom { letter }.encode());
                    }
                    // A name that is no key is nobody's, and is found out where it is looked up.
                    Err(Garbage::Json(_)) => {
                        let real = letter(30);
                        let names = [Name::of(&real.from), Name::of(&real.to)];
                        prop_assert!([passing.from(), passing.to()] != names);
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
            }
        }
    }
}
