//! What people compare: seven pictures on both devices, and a number that one shows and the other asks
//! for, so that they really look.

use std::fmt;

use subtle::ConstantTimeEq;

/// How many pictures there are to compare.
const PICTURES: usize = 7;
/// The number has two digits.
const NUMBERS: u64 = 100;

/// A picture and what it is called, for those who hear it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Emoji {
    /// The picture.
    pub sign: &'static str,
    /// Its name in English.
    pub name: &'static str,
}

/// What both devices show, and what only the new one shows. Silent when printed: the number is to be
/// read on the other screen, not in a log.
#[derive(Clone, Eq, PartialEq)]
pub struct Check {
    emoji: [u8; PICTURES],
    number: u8,
}

impl Check {
    /// Seven times six bits of the first, and the second without its hundreds.
    pub(crate) fn new(emoji: [u8; 6], number: u64) -> Self {
        let [a, b, c, d, e, f] = emoji;
        let bits = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let mut places = [0; PICTURES];
        for (at, place) in places.iter_mut().enumerate() {
            let shift = u32::try_from(at.saturating_mul(6)).unwrap_or_default();
            let left = bits.checked_shr(42_u32.saturating_sub(shift)).unwrap_or_default();
            *place = u8::try_from(left & 63).unwrap_or_default();
        }
        Self { emoji: places, number: u8::try_from(number % NUMBERS).unwrap_or_default() }
    }

    /// The places of the pictures in the table.
    pub const fn emoji(&self) -> [u8; PICTURES] {
        self.emoji
    }

    /// The pictures.
    pub fn pictures(&self) -> Vec<Emoji> {
        self.emoji.iter().filter_map(|place| EMOJI.get(usize::from(*place)).copied()).collect()
    }

    /// The number with both its digits, for the new device alone.
    pub fn number(&self) -> String {
        format!("{:02}", self.number)
    }

    /// Whether this is the number.
    pub fn is_number(&self, typed: u8) -> bool {
        self.number.ct_eq(&typed).into()
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Check(..)")
    }
}

macro_rules! table {
    ($($sign:literal $name:literal,)*) => { [$(Emoji { sign: $sign, name: $name }),*] };
}

/// The pictures by their places. They differ in shape, not in colour alone, and their names are words
/// that can be told apart on the telephone.
pub const EMOJI: [Emoji; 64] = table![
    "🐒" "monkey",
    "🐘" "elephant",
    "🦒" "giraffe",
    "🐫" "camel",
    "🐖" "pig",
    "🐇" "rabbit",
    "🦔" "hedgehog",
    "🐿" "squirrel",
    "🦇" "bat",
    "🦆" "duck",
    "🦉" "owl",
    "🐧" "penguin",
    "🐊" "crocodile",
    "🐢" "turtle",
    "🐍" "snake",
    "🐳" "whale",
    "🦀" "crab",
    "🐌" "snail",
    "🐝" "bee",
    "🕷" "spider",
    "🌵" "cactus",
    "🌲" "fir tree",
    "🌴" "palm",
    "🍀" "clover",
    "🌻" "sunflower",
    "🍄" "mushroom",
    "🍇" "grapes",
    "🍋" "lemon",
    "🍍" "pineapple",
    "🍒" "cherries",
    "🥕" "carrot",
    "🌽" "corn",
    "🍞" "bread",
    "🧀" "cheese",
    "🍕" "pizza",
    "🍩" "doughnut",
    "🎂" "cake",
    "☕" "cup",
    "🌋" "volcano",
    "🌈" "rainbow",
    "🌙" "moon",
    "☂" "umbrella",
    "⛄" "snowman",
    "🔥" "fire",
    "🚲" "bicycle",
    "🚂" "train",
    "🚁" "helicopter",
    "🚀" "rocket",
    "⛵" "sailing boat",
    "⚓" "anchor",
    "🏠" "house",
    "⛺" "tent",
    "🎈" "balloon",
    "🎁" "present",
    "🎲" "dice",
    "🎸" "guitar",
    "🎺" "trumpet",
    "🥁" "drum",
    "👑" "crown",
    "👓" "glasses",
    "🔑" "key",
    "🔨" "hammer",
    "✂" "scissors",
    "💡" "light bulb",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_pictures_are_alike_or_called_alike() {
        let signs: BTreeSet<_> = EMOJI.iter().map(|emoji| emoji.sign).collect();
        let names: BTreeSet<_> = EMOJI.iter().map(|emoji| emoji.name).collect();
        assert_eq!((signs.len(), names.len()), (64, 64));
    }

    #[test]
    fn bits_become_places_and_a_number_of_two_digits() {
        let check = Check::new([0b0000_0100, 0b0010_0000, 0b1100_0100, 0, 0, 0x3F], 1_207);
        assert_eq!(check.emoji(), [1, 2, 3, 4, 0, 0, 0]);
        assert_eq!(check.number(), "07");
        assert!(check.is_number(7) && !check.is_number(8));
        assert_eq!(format!("{check:?}"), "Check(..)");
        assert_eq!(Check::new([0xFF; 6], 0).emoji(), [63; 7]);
        assert_eq!(check.pictures()[1].name, "giraffe");
    }
}
