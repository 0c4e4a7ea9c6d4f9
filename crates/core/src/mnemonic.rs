//! Words that a person can write down, and the root key that follows from them.
//!
//! The words encode entropy by BIP-39 (English list). Keys follow from that entropy by
//! HKDF-SHA-256, one label per use, so that no two uses ever share a key.

use std::fmt;

use bip39::{Language, Mnemonic};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::identity::Secret;

/// Twelve or twenty-four words, and what follows from them. Silent when printed.
#[derive(Clone)]
pub struct Words(Mnemonic);

/// Most words of a phrase.
pub const MOST_WORDS: usize = 24;

/// Whether a phrase may have so many words.
pub const fn is_count(words: usize) -> bool {
    matches!(words, 12 | MOST_WORDS)
}

/// Whether this is a word of the list, written in lower case.
pub fn is_word(word: &str) -> bool {
    Language::English.find_word(word).is_some()
}

/// The words of the list that begin so, in its order. Four letters tell every word from all others.
pub fn completions(beginning: &str) -> impl Iterator<Item = &'static str> + '_ {
    Language::English.words_by_prefix_iter(beginning)
}

/// Words are the same from which the same account follows.
impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.root_sign().identity() == other.root_sign().identity()
    }
}

impl Eq for Words {}

impl Words {
    /// Twelve words for 16 bytes of entropy, twenty-four for 32.
    ///
    /// # Errors
    /// For any other number of bytes.
    pub fn from_entropy(entropy: &[u8]) -> Result<Self, WordsError> {
        if !matches!(entropy.len(), 16 | 32) {
            return Err(WordsError::Count);
        }
        Mnemonic::from_entropy_in(Language::English, entropy)
            .map(Self)
            .map_err(|_| WordsError::Count)
    }

    /// Reads words as a person types them: any case, any spaces.
    ///
    /// # Errors
    /// When a word is not in the list, the number of words is wrong, or the checksum is.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        let words: Zeroizing<Vec<String>> =
            Zeroizing::new(text.split_whitespace().map(str::to_lowercase).collect());
        if !is_count(words.len()) {
            return Err(WordsError::Count);
        }
        let unknown = words.iter().filter(|word| !is_word(word)).count();
        if unknown > words.len() / 2 {
            return Err(WordsError::Language);
        }
        let joined = Zeroizing::new(words.join(" "));
        Mnemonic::parse_in_normalized(Language::English, &joined).map(Self).map_err(|error| {
            match error {
                bip39::Error::UnknownWord(index) => WordsError::Unknown { index },
                bip39::Error::InvalidChecksum => WordsError::Checksum,
                _ => WordsError::Count,
            }
        })
    }

    /// The words in their order.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.words()
    }

    /// The entropy that the words encode.
    pub fn entropy(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_entropy())
    }

    /// The synod's signing key.
    pub fn root_sign(&self) -> Secret {
        Secret::from_seed(&self.derive("root-sign"))
    }

    /// The seed of the synod's sealing key.
    pub fn root_seal(&self) -> Zeroizing<[u8; 32]> {
        self.derive("root-seal")
    }

    fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(Some(b"effigy/words/v1"), &self.entropy())
            .expand(label.as_bytes(), key.as_mut());
        debug_assert!(expanded.is_ok(), "32 bytes are within HKDF's bound");
        key
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(..)")
    }
}

/// Why words are not a recovery phrase.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// Every word is known, but they do not belong together: one is wrong, or the order is.
    #[error("the words do not belong together: one is wrong or out of order")]
    Checksum,
    /// Not twelve or twenty-four words.
    #[error("a recovery phrase has 12 or 24 words")]
    Count,
    /// Most of the words are not in the list: they are of another language, or from somewhere else.
    #[error("most of the words are not in the list")]
    Language,
    /// A word that is not in the list.
    #[error("word {} is not in the list", index.saturating_add(1))]
    Unknown {
        /// Which word, counted from 0.
        index: usize,
    },
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::random::Random;

    #[test]
    fn words_read_back_however_they_are_typed() {
        for entropy in [[3; 16].as_slice(), &[4; 32]] {
            let words = Words::from_entropy(entropy).unwrap();
            let typed = words.iter().collect::<Vec<_>>().join(" \u{a0}\t").to_uppercase();
            let again = Words::parse(&format!(" {typed}\n")).unwrap();
            assert_eq!(words.root_sign().identity(), again.root_sign().identity());
            assert_eq!(again.entropy().as_slice(), entropy);
            assert_eq!(format!("{words:?}"), "Words(..)");
        }
        assert_eq!(Words::from_entropy(&[1; 20]).err(), Some(WordsError::Count));
    }

    #[test]
    fn each_mistake_has_its_name() {
        assert_eq!(Words::parse("abandon").err(), Some(WordsError::Count));
        let twelve = ["abandon"; 12].join(" ");
        assert_eq!(Words::parse(&twelve).err(), Some(WordsError::Checksum));
        let unknown = twelve.replacen("abandon abandon", "abandon effigy", 1);
        assert_eq!(Words::parse(&unknown).err(), Some(WordsError::Unknown { index: 1 }));
        let french = "abaisser abandon abdiquer abeille abolir aborder aboutir aboyer abrasif abreuver abriter abroger";
        assert_eq!(Words::parse(french).err(), Some(WordsError::Language));
    }

    #[test]
    fn four_letters_are_enough_to_complete_a_word() {
        assert!(is_word("zoo") && !is_word("zo") && !is_word("Zoo"));
        assert_eq!(completions("zo").collect::<Vec<_>>(), ["zone", "zoo"]);
        let four: BTreeSet<String> =
            completions("").map(|word| word.chars().take(4).collect()).collect();
        assert_eq!(four.len(), 2_048);
    }

    /// T13: of 24 words with one replaced, one in 256 passes; nobody is led to another account more
    /// often than that.
    #[test]
    fn one_wrong_word_hardly_ever_passes() {
        let mut random = Random::seeded([13; 32]);
        let all: Vec<&str> = completions("").collect();
        let mut passed = 0_u32;
        for _ in 0..10_000 {
            let right = Words::from_entropy(&random.bytes::<32>()).unwrap();
            let mut words: Vec<&str> = right.iter().collect();
            let at = random.below(24) as usize;
            let wrong = all[random.below(2_048) as usize];
            if wrong == words[at] {
                continue;
            }
            words[at] = wrong;
            match Words::parse(&words.join(" ")) {
                Ok(other) => {
                    assert_ne!(other.root_sign().identity(), right.root_sign().identity());
                    passed += 1;
                }
                Err(why) => assert_eq!(why, WordsError::Checksum),
            }
        }
        assert!((10..=60).contains(&passed), "{passed} of 10,000");
    }
}
