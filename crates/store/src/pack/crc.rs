//! CRC-32 as Ethernet, gzip and PNG compute it: polynomial 0x04C11DB7, reflected.

/// The polynomial with its bits in the order in which they arrive.
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// What a byte does to the remainder, for all 256 bytes.
static TABLE: [u32; 256] = table();

/// A checksum that is still growing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc(u32);

impl Crc {
    /// The checksum of nothing.
    pub(super) const fn new() -> Self {
        Self(u32::MAX)
    }

    /// The checksum of what was, followed by these bytes.
    pub(super) fn update(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |remainder, byte| {
            let [low, ..] = remainder.to_le_bytes();
            // The index is a byte and the table has 256 places.
            TABLE[usize::from(low ^ byte)] ^ (remainder >> 8)
        }))
    }

    /// The finished checksum.
    pub(super) const fn finish(self) -> u32 {
        !self.0
    }
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            let carried = remainder & 1 == 1;
            remainder >>= 1;
            if carried {
                remainder ^= POLYNOMIAL;
            }
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check values that the catalogue of CRCs and the PNG specification give.
    #[test]
    fn agrees_with_published_values() {
        let crc = |bytes: &[u8]| Crc::new().update(bytes).finish();
        assert_eq!(crc(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc(b"IEND"), 0xAE42_6082);
        assert_eq!(crc(b""), 0);
        assert_eq!(Crc::new().update(b"1234").update(b"56789").finish(), 0xCBF4_3926);
    }
}
