//! PNG (W3C third edition): chunks, each with length, name and checksum.

use super::cursor::Cursor;
use super::{ImageError, ImageFacts, ImageFlaw, ImageKind, MetadataKind, Scan, Sorting, sized};

/// The signature.
pub(super) const START: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n'];

/// Chunks that say how to show the pixels, and the lengths they may have. Each may stand once.
const SHOWING: [(&[u8; 4], usize, usize); 11] = [
    (b"bKGD", 1, 6),
    (b"cHRM", 32, 32),
    (b"cICP", 4, 4),
    (b"cLLI", 8, 8),
    (b"gAMA", 4, 4),
    (b"iCCP", 11, 1 << 20),
    (b"mDCV", 24, 24),
    (b"pHYs", 9, 9),
    (b"sBIT", 1, 4),
    (b"sRGB", 1, 1),
    (b"tRNS", 1, 256),
];

pub(super) fn scan(bytes: &[u8]) -> Result<Scan, ImageError> {
    let mut cursor = Cursor::new(ImageKind::Png, bytes);
    cursor.skip(START.len())?;
    let mut walk = Walk::default();
    walk.sorting.keep(0..START.len());
    while !walk.is_over {
        walk.chunk(&mut cursor)?;
    }
    if !cursor.is_empty() {
        walk.sorting.object(ImageError::Metadata(MetadataKind::Trailing));
    }
    cursor.ensure(walk.pixels != Pixels::Awaited, ImageFlaw::Missing)?;
    cursor.ensure(walk.has_palette || !walk.needs_palette, ImageFlaw::Missing)?;
    let facts = walk.facts.ok_or_else(|| cursor.flaw(ImageFlaw::Missing))?;
    Ok(walk.sorting.finish(facts))
}

/// Where the walk stands between the pixel chunks, which follow each other without a gap.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Pixels {
    #[default]
    Awaited,
    Running,
    Done,
}

#[derive(Default)]
struct Walk {
    sorting: Sorting,
    facts: Option<ImageFacts>,
    pixels: Pixels,
    needs_palette: bool,
    has_palette: bool,
    is_over: bool,
    /// One bit for each entry of [`SHOWING`] that was seen.
    seen: u16,
}

impl Walk {
    fn chunk(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ImageError> {
        let start = cursor.at();
        let length = cursor.big_32()? as usize;
        let name: [u8; 4] = cursor.array()?;
        let mut body = cursor.part(length)?;
        let checksum = cursor.big_32()?;
        body.ensure(checksum == crc32(&[&name, body.rest()]), ImageFlaw::Checksum)?;
        body.ensure((name == *b"IHDR") == self.facts.is_none(), ImageFlaw::Order)?;

        if self.pixels == Pixels::Running && name != *b"IDAT" {
            self.pixels = Pixels::Done;
        }
        match &name {
            b"IHDR" => self.header(&mut body)?,
            b"PLTE" => self.palette(&body)?,
            b"IDAT" => {
                body.ensure(self.pixels != Pixels::Done, ImageFlaw::Order)?;
                self.pixels = Pixels::Running;
            }
            b"IEND" => {
                body.ensure(length == 0, ImageFlaw::Value)?;
                self.is_over = true;
            }
            _ if name[0].is_ascii_uppercase() => {
                return Err(body.flaw(ImageFlaw::Unsupported));
            }
            _ => return self.ancillary(name, start..cursor.at(), &body),
        }
        self.sorting.keep(start..cursor.at());
        Ok(())
    }

    fn header(&mut self, body: &mut Cursor<'_>) -> Result<(), ImageError> {
        let at = body.at();
        let width = body.big_32()?;
        let height = body.big_32()?;
        self.facts = Some(sized(ImageKind::Png, width, height, at)?);
        let [depth, colour, compression, filter, interlace] = body.array()?;
        let depths: &[u8] = match colour {
            0 => &[1, 2, 4, 8, 16],
            3 => &[1, 2, 4, 8],
            2 | 4 | 6 => &[8, 16],
            _ => return Err(body.flaw(ImageFlaw::Value)),
        };
        body.ensure(depths.contains(&depth), ImageFlaw::Value)?;
        body.ensure(compression == 0 && filter == 0 && interlace <= 1, ImageFlaw::Value)?;
        body.ensure(body.is_empty(), ImageFlaw::Value)?;
        self.needs_palette = colour == 3;
        Ok(())
    }

    fn palette(&mut self, body: &Cursor<'_>) -> Result<(), ImageError> {
        let is_first = !core::mem::replace(&mut self.has_palette, true);
        body.ensure(is_first && self.pixels == Pixels::Awaited, ImageFlaw::Order)?;
        let length = body.rest().len();
        body.ensure((3..=768).contains(&length) && length.is_multiple_of(3), ImageFlaw::Value)
    }

    /// A chunk without which the picture can be shown: kept if it is known to be harmless.
    fn ancillary(
        &mut self,
        name: [u8; 4],
        part: core::ops::Range<usize>,
        body: &Cursor<'_>,
    ) -> Result<(), ImageError> {
        let known = SHOWING.iter().enumerate().find(|(_, (showing, ..))| **showing == name);
        if let Some((index, &(_, least, most))) = known {
            body.ensure(self.seen & (1 << index) == 0, ImageFlaw::Order)?;
            self.seen |= 1 << index;
            body.ensure((least..=most).contains(&body.rest().len()), ImageFlaw::Value)?;
            self.sorting.keep(part);
            return Ok(());
        }
        self.sorting.object(match &name {
            b"acTL" | b"fcTL" | b"fdAT" => ImageError::Animated,
            b"eXIf" | b"zxIf" => ImageError::Metadata(MetadataKind::Exif),
            b"iTXt" if body.rest().starts_with(b"XML:com.adobe.xmp\0") => {
                ImageError::Metadata(MetadataKind::Xmp)
            }
            b"iTXt" | b"tEXt" | b"zTXt" => ImageError::Metadata(MetadataKind::Text),
            b"tIME" => ImageError::Metadata(MetadataKind::Time),
            _ => ImageError::Metadata(MetadataKind::Unknown),
        });
        Ok(())
    }
}

/// The checksum of PNG chunks: CRC-32 with the reflected polynomial 0xEDB88320.
fn crc32(slices: &[&[u8]]) -> u32 {
    let mut crc = u32::MAX;
    for byte in slices.iter().copied().flatten() {
        let index = (crc ^ u32::from(*byte)) & 0xFF;
        crc = CRC_TABLE.get(index as usize).copied().unwrap_or_default() ^ (crc >> 8);
    }
    !crc
}

#[expect(clippy::indexing_slicing, reason = "the compiler computes it, once and for all")]
const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};
