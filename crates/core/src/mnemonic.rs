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

impl Words {
    /// Twelve words for 16 bytes of entropy.
    ///
    /// # Errors
    /// Never for 16 bytes; the type of the error is the crate's.
    pub fn from_entropy(entropy: &[u8; 16]) -> Result<Self, WordsError> {
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
        if !matches!(words.len(), 12 | 24) {
            return Err(WordsError::Count);
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
    /// A word that is not in the list.
    #[error("word {} is not in the list", index.saturating_add(1))]
    Unknown {
        /// Which word, counted from 0.
        index: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_however_they_are_typed() {
        let words = Words::from_entropy(&[3; 16]).unwrap();
        let typed = words.iter().collect::<Vec<_>>().join("  ").to_uppercase();
        let again = Words::parse(&format!(" {typed}\n")).unwrap();
        assert_eq!(words.root_sign().identity(), again.root_sign().identity());
        assert_eq!(format!("{words:?}"), "Words(..)");
    }

    #[test]
    fn each_mistake_has_its_name() {
        assert_eq!(Words::parse("abandon").err(), Some(WordsError::Count));
        let twelve = ["abandon"; 12].join(" ");
        assert_eq!(Words::parse(&twelve).err(), Some(WordsError::Checksum));
        let unknown = twelve.replacen("abandon abandon", "abandon effigy", 1);
        assert_eq!(Words::parse(&unknown).err(), Some(WordsError::Unknown { index: 1 }));
    }
}
