//! A passphrase, and the key that is made of it by Argon2id: slowly, and with much memory, so that
//! whoever guesses has to do the same for each guess.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize as _, Zeroizing};

/// Fewest characters of a passphrase.
pub const LEAST: usize = 10;
/// Most bytes of a passphrase.
pub const MOST: usize = 1_024;
/// Bytes of a salt.
pub const SALT: usize = 16;
/// Bytes of a cost as it is written.
pub const COST: usize = 12;

/// Most memory that whoever wrote a file may ask for, in KiB: what a phone has to spare.
const MEMORY: u32 = 256 * 1024;
/// Most passes over it.
const PASSES: u32 = 16;
/// Most lanes.
const LANES: u32 = 4;

/// What one guess costs. Written beside the salt, so that it can grow with the years.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cost {
    /// How much memory is filled, in KiB.
    memory: u32,
    /// How often.
    passes: u32,
    /// In how many lanes.
    lanes: u32,
}

impl Cost {
    /// What is asked for today: 64 MiB, three times. About a second on a phone.
    pub const USUAL: Self = Self { memory: 64 * 1024, passes: 3, lanes: 1 };

    /// As it is written: three numbers of 32 bits, the high byte first.
    pub fn to_bytes(self) -> [u8; COST] {
        let mut bytes = [0; COST];
        let numbers = [self.memory, self.passes, self.lanes];
        for (place, number) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(numbers) {
            *place = number.to_be_bytes();
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// `Cost` when it asks for more than any device should give, or for nothing at all.
    pub fn from_bytes(bytes: &[u8; COST]) -> Result<Self, PassphraseError> {
        let [memory, passes, lanes] = [0, 1, 2].map(|at: usize| {
            bytes.as_chunks::<4>().0.get(at).copied().map_or(0, u32::from_be_bytes)
        });
        let cost = Self { memory, passes, lanes };
        let is_fair =
            memory <= MEMORY && (1..=PASSES).contains(&passes) && (1..=LANES).contains(&lanes);
        if is_fair && cost.params().is_ok() { Ok(cost) } else { Err(PassphraseError::Cost) }
    }

    fn params(self) -> Result<Params, PassphraseError> {
        let params = Params::new(self.memory, self.passes, self.lanes, Some(32));
        params.map_err(|_| PassphraseError::Cost)
    }
}

/// What was made of a passphrase. Wiped when dropped, silent when printed.
#[derive(Clone)]
pub struct Stretched(Zeroizing<[u8; 32]>);

impl Stretched {
    /// Made elsewhere, as by a worker.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Stretched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stretched(..)")
    }
}

/// A passphrase as its key is made of it, on whatever keyboard and system it was typed: every kind of space
/// is a space, and a letter with its marks is written in one way. This is the OpaqueString of RFC 8265, but
/// nothing is refused. `compose` makes NFC of a text: browsers do that by themselves.
pub fn prepared(typed: &str, compose: impl FnOnce(&str) -> String) -> Zeroizing<String> {
    // At once as long as it gets: what grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(typed.len()));
    let is_space = |character: char| {
        matches!(
            character,
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
    };
    text.extend(typed.chars().map(|one| if is_space(one) { ' ' } else { one }));
    Zeroizing::new(compose(&text))
}

/// Makes the key of a passphrase that was [`prepared`]: Argon2id, version 19, 32 bytes. Takes about a second.
///
/// # Errors
/// `Memory` when there is not enough of it, `Cost` when the passphrase is too long.
pub fn stretch(
    passphrase: &[u8],
    salt: &[u8; SALT],
    cost: Cost,
) -> Result<Stretched, PassphraseError> {
    if passphrase.len() > MOST {
        return Err(PassphraseError::Cost);
    }
    let params = cost.params()?;
    let count = params.block_count();
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(count).map_err(|_| PassphraseError::Memory)?;
    blocks.resize(count, Block::default());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = Zeroizing::new([0; 32]);
    let made = argon2.hash_password_into_with_memory(
        passphrase,
        salt,
        key.as_mut(),
        blocks.as_mut_slice(),
    );
    blocks.iter_mut().for_each(|block| block.zeroize());
    made.map_err(|_| PassphraseError::Cost)?;
    Ok(Stretched(key))
}

/// Why no key was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PassphraseError {
    /// What is asked for is out of bounds.
    #[error("it asks for more than any device should give")]
    Cost,
    /// There is not enough memory.
    #[error("there is not enough memory")]
    Memory,
}

/// How well a passphrase stands up to guessing, as far as that can be seen.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Strength {
    /// Shorter than [`LEAST`], or of next to no different characters. Not taken.
    Short,
    /// Somebody who is serious guesses it.
    Weak,
    /// It takes years.
    Fair,
    /// Nobody guesses it.
    Strong,
}

/// Judges a passphrase by how long it is and how little of it repeats. Whether it is a line of a song
/// nobody can see here; the words beside the field say so.
pub fn strength(passphrase: &str) -> Strength {
    let characters: Vec<char> = passphrase.chars().collect();
    let distinct: std::collections::BTreeSet<char> = characters.iter().copied().collect();
    // What follows from the character before, as in "aaaa" and "1234", is worth next to nothing.
    let steps = characters.windows(2).filter_map(|pair| match pair {
        [one, next] => Some(u32::from(*next).abs_diff(u32::from(*one))),
        _ => None,
    });
    let turns = steps.filter(|step| *step > 1).count().saturating_add(1);
    let weight = turns.min(distinct.len().saturating_mul(2));
    if characters.len() < LEAST || distinct.len() < 4 || passphrase.len() > MOST {
        return Strength::Short;
    }
    match weight {
        0..=9 => Strength::Weak,
        10..=19 => Strength::Fair,
        _ => Strength::Strong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_out_of_bounds_is_refused_before_anything_is_reserved() {
        let usual = Cost::USUAL.to_bytes();
        assert_eq!(Cost::from_bytes(&usual), Ok(Cost::USUAL));
        for (memory, passes, lanes) in [
            (u32::MAX, 3, 1),
            (MEMORY + 1, 3, 1),
            (0, 3, 1),
            (64, 0, 1),
            (64, PASSES + 1, 1),
            (64, 1, 0),
            (64, 1, 5),
        ] {
            let bytes = Cost { memory, passes, lanes }.to_bytes();
            assert_eq!(
                Cost::from_bytes(&bytes),
                Err(PassphraseError::Cost),
                "{memory} {passes} {lanes}"
            );
        }
    }

    #[test]
    fn another_salt_passphrase_or_cost_makes_another_key() {
        let cheap = Cost { memory: 64, passes: 1, lanes: 1 };
        let dearer = Cost { memory: 64, passes: 2, lanes: 1 };
        let key =
            |text: &[u8], salt: u8, cost| *stretch(text, &[salt; SALT], cost).unwrap().bytes();
        let one = key(b"correct horse", 1, cheap);
        assert_eq!(one, key(b"correct horse", 1, cheap));
        assert_ne!(one, key(b"correct horsf", 1, cheap));
        assert_ne!(one, key(b"correct horse", 2, cheap));
        assert_ne!(one, key(b"correct horse", 1, dearer));
        assert!(stretch(&[7; MOST + 1], &[1; SALT], cheap).is_err());
    }

    #[test]
    fn what_repeats_or_counts_is_not_strong() {
        for (text, expected) in [
            ("", Strength::Short),
            ("short one", Strength::Short),
            ("aaaaaaaaaaaaaaaaaaaaaa", Strength::Short),
            ("1234567890abcdefghij", Strength::Weak),
            ("passwords1", Strength::Weak),
            ("correct horse", Strength::Fair),
            ("correct horse battery staple", Strength::Strong),
        ] {
            assert_eq!(strength(text), expected, "{text}");
        }
    }
}
