//! WebP (RFC 9649): a RIFF file of chunks around one VP8 or VP8L frame.

use super::cursor::Cursor;
use super::{ImageError, ImageFacts, ImageFlaw, ImageKind, MetadataKind, Scan, Sorting};
use super::{is_colour_profile, sized};

/// Flags of the extended header: what else is in the file.
mod flag {
    pub(super) const ANIMATION: u8 = 0x02;
    pub(super) const XMP: u8 = 0x04;
    pub(super) const EXIF: u8 = 0x08;
    pub(super) const ALPHA: u8 = 0x10;
    pub(super) const PROFILE: u8 = 0x20;
}

/// Bytes before the first chunk: `RIFF`, the size of what follows, `WEBP`.
const HEADER: usize = 12;

/// Where the flags stand in a file with an extended header; three reserved bytes follow.
const FLAGS_AT: usize = HEADER + 8;

pub(super) fn scan(bytes: &[u8]) -> Result<Scan, ImageError> {
    let mut cursor = Cursor::new(ImageKind::WebP, bytes);
    cursor.skip(4)?;
    let size = cursor.little_32()? as usize;
    cursor.ensure(size >= 4 && size.is_multiple_of(2), ImageFlaw::Value)?;
    let mut file = cursor.part(size)?;
    file.skip(4)?;
    let mut walk = Walk::default();
    walk.sorting.keep(0..HEADER);
    while !file.is_empty() {
        walk.chunk(&mut file)?;
    }
    if !cursor.is_empty() {
        walk.sorting.object(ImageError::Metadata(MetadataKind::Trailing));
    }
    let facts = walk.facts.ok_or_else(|| file.flaw(ImageFlaw::Missing))?;
    if let Some(extended) = walk.extended {
        let agrees = (extended.width, extended.height) == (facts.width, facts.height);
        file.ensure(agrees, ImageFlaw::Dimensions)?;
        let says_profile = extended.flags & flag::PROFILE != 0;
        file.ensure(says_profile == walk.has_profile, ImageFlaw::Value)?;
    }
    Ok(walk.sorting.finish(facts))
}

/// Makes size and flags fit the chunks that are left.
pub(super) fn mend(bytes: &mut [u8]) {
    let size = u32::try_from(bytes.len().saturating_sub(8)).unwrap_or(u32::MAX);
    if let Some(field) = bytes.get_mut(4..8) {
        field.copy_from_slice(&size.to_le_bytes());
    }
    if bytes.get(HEADER..HEADER + 4) == Some(b"VP8X")
        && let Some([flags, reserved @ ..]) = bytes.get_mut(FLAGS_AT..FLAGS_AT + 4)
    {
        *flags &= flag::ALPHA | flag::PROFILE;
        reserved.fill(0);
    }
}

#[derive(Clone, Copy)]
struct Extended {
    flags: u8,
    width: u32,
    height: u32,
}

#[derive(Default)]
struct Walk {
    sorting: Sorting,
    extended: Option<Extended>,
    has_profile: bool,
    has_alpha: bool,
    facts: Option<ImageFacts>,
}

impl Walk {
    fn chunk(&mut self, file: &mut Cursor<'_>) -> Result<(), ImageError> {
        let start = file.at();
        let name: [u8; 4] = file.array()?;
        let length = file.little_32()? as usize;
        let mut body = file.part(length)?;
        if length % 2 == 1 {
            let padding = file.byte()?;
            file.ensure(padding == 0, ImageFlaw::Value)?;
        }
        match &name {
            b"VP8X" => {
                body.ensure(start == HEADER, ImageFlaw::Order)?;
                self.extended_header(&mut body)?;
            }
            b"ICCP" => {
                let is_due = self.extended.is_some() && !self.has_profile && !self.has_alpha;
                body.ensure(is_due && self.facts.is_none(), ImageFlaw::Order)?;
                body.ensure(is_colour_profile(body.rest()), ImageFlaw::Value)?;
                self.has_profile = true;
            }
            b"ALPH" => {
                let is_due = self.extended.is_some() && !self.has_alpha;
                body.ensure(is_due && self.facts.is_none(), ImageFlaw::Order)?;
                self.has_alpha = true;
            }
            b"VP8 " | b"VP8L" => {
                body.ensure(self.facts.is_none(), ImageFlaw::Order)?;
                let is_lossy = name == *b"VP8 ";
                body.ensure(is_lossy || !self.has_alpha, ImageFlaw::Order)?;
                let facts = if is_lossy { lossy(&mut body)? } else { lossless(&mut body)? };
                self.facts = Some(facts);
            }
            b"ANIM" | b"ANMF" => return Err(ImageError::Animated),
            b"EXIF" => return self.object(MetadataKind::Exif),
            b"XMP " => return self.object(MetadataKind::Xmp),
            _ => return self.object(MetadataKind::Unknown),
        }
        // Without an extended header the frame is all there is.
        let is_alone = self.extended.is_none() && start != HEADER;
        body.ensure(!is_alone, ImageFlaw::Order)?;
        self.sorting.keep(start..file.at());
        Ok(())
    }

    fn object(&mut self, found: MetadataKind) -> Result<(), ImageError> {
        self.sorting.object(ImageError::Metadata(found));
        Ok(())
    }

    fn extended_header(&mut self, body: &mut Cursor<'_>) -> Result<(), ImageError> {
        let at = body.at();
        let [flags, reserved @ ..] = body.array::<4>()?;
        let width = body.little_24()?.saturating_add(1);
        let height = body.little_24()?.saturating_add(1);
        body.ensure(body.is_empty(), ImageFlaw::Value)?;
        if flags & flag::ANIMATION != 0 {
            return Err(ImageError::Animated);
        }
        sized(ImageKind::WebP, width, height, at)?;
        if flags & flag::EXIF != 0 {
            self.object(MetadataKind::Exif)?;
        }
        if flags & flag::XMP != 0 {
            self.object(MetadataKind::Xmp)?;
        }
        let known = flag::EXIF | flag::XMP | flag::ALPHA | flag::PROFILE;
        if flags & !known != 0 || reserved != [0; 3] {
            self.object(MetadataKind::Unknown)?;
        }
        self.extended = Some(Extended { flags, width, height });
        Ok(())
    }
}

/// The size in the header of a VP8 key frame: 14 bits a side, the two bits above only say how to
/// scale it on a screen.
fn lossy(body: &mut Cursor<'_>) -> Result<ImageFacts, ImageError> {
    let at = body.at();
    let tag = body.little_24()?;
    let is_shown_key_frame = tag & 1 == 0 && tag & 0x10 != 0;
    body.ensure(is_shown_key_frame, ImageFlaw::Unsupported)?;
    let start_code: [u8; 3] = body.array()?;
    body.ensure(start_code == [0x9D, 0x01, 0x2A], ImageFlaw::Value)?;
    let width = body.little_16()? & 0x3FFF;
    let height = body.little_16()? & 0x3FFF;
    let first_partition = (tag >> 5) as usize;
    body.ensure(first_partition <= body.rest().len(), ImageFlaw::Truncated)?;
    body.ensure(!body.is_empty(), ImageFlaw::Truncated)?;
    sized(ImageKind::WebP, width.into(), height.into(), at)
}

/// The size in the header of a VP8L frame: 14 bits a side, one less than the pixels.
fn lossless(body: &mut Cursor<'_>) -> Result<ImageFacts, ImageError> {
    let at = body.at();
    let signature = body.byte()?;
    body.ensure(signature == 0x2F, ImageFlaw::Value)?;
    let header = body.little_32()?;
    body.ensure(header >> 29 == 0, ImageFlaw::Unsupported)?;
    body.ensure(!body.is_empty(), ImageFlaw::Truncated)?;
    let side = |bits: u32| (bits & 0x3FFF).saturating_add(1);
    sized(ImageKind::WebP, side(header), side(header >> 14), at)
}
