//! JPEG (ITU-T T.81): segments, each behind a marker, and scans of coded pixels.
//!
//! Every segment that stays is measured against its content, so that nothing can hide behind a
//! table.

use super::cursor::Cursor;
use super::{ImageError, ImageFacts, ImageFlaw, ImageKind, MetadataKind, Scan, Sorting};
use super::{is_colour_profile, sized};

/// A start-of-image marker, and the marker byte of what must follow.
pub(super) const START: [u8; 3] = [0xFF, 0xD8, 0xFF];

/// Passes over the pixels. Progressive encoders need about ten; each costs the decoder a full pass.
const MAX_SCANS: usize = 100;

const END: u8 = 0xD9;

pub(super) fn scan(bytes: &[u8]) -> Result<Scan, ImageError> {
    let mut cursor = Cursor::new(ImageKind::Jpeg, bytes);
    cursor.skip(2)?;
    let mut walk = Walk::default();
    walk.sorting.keep(0..2);
    loop {
        let start = cursor.at();
        let marker = marker(&mut cursor)?;
        if cursor.at().saturating_sub(start) > 2 {
            // Padding may have any length, so a length is what it could tell.
            walk.sorting.object(ImageError::Metadata(MetadataKind::Unknown));
        }
        if marker == END {
            walk.sorting.keep(cursor.at().saturating_sub(2)..cursor.at());
            break;
        }
        walk.segment(marker, start, &mut cursor)?;
    }
    if !cursor.is_empty() {
        walk.sorting.object(ImageError::Metadata(MetadataKind::Trailing));
    }
    cursor.ensure(walk.n_scans > 0, ImageFlaw::Missing)?;
    let facts = walk.facts.ok_or_else(|| cursor.flaw(ImageFlaw::Missing))?;
    Ok(walk.sorting.finish(facts))
}

#[derive(Default)]
struct Walk {
    sorting: Sorting,
    facts: Option<ImageFacts>,
    n_scans: usize,
    has_density: bool,
}

impl Walk {
    /// Reads one segment whose marker stands just before the cursor.
    fn segment(
        &mut self,
        marker: u8,
        start: usize,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), ImageError> {
        let first = cursor.at().saturating_sub(2);
        let length = usize::from(cursor.big_16()?);
        let length = length.checked_sub(2).ok_or_else(|| cursor.flaw(ImageFlaw::Value))?;
        let mut body = cursor.part(length)?;
        let objection = match marker {
            0xC0..=0xC2 => {
                cursor.ensure(self.facts.is_none(), ImageFlaw::Order)?;
                self.facts = Some(frame(&mut body, start)?);
                None
            }
            0xC4 => huffman_tables(&mut body).map(|()| None)?,
            0xDA => {
                cursor.ensure(self.facts.is_some(), ImageFlaw::Order)?;
                self.n_scans = self.n_scans.saturating_add(1);
                cursor.ensure(self.n_scans <= MAX_SCANS, ImageFlaw::Unsupported)?;
                scan_header(&mut body)?;
                coded_pixels(cursor)?;
                None
            }
            0xDB => quantisation_tables(&mut body).map(|()| None)?,
            0xDD => body.skip(2).map(|()| None)?,
            0xE0..=0xEF => self.application(marker, &mut body)?,
            0xFE => Some(MetadataKind::Comment),
            _ => return Err(cursor.flaw(ImageFlaw::Unsupported)),
        };
        match objection {
            Some(found) => self.sorting.object(ImageError::Metadata(found)),
            None => {
                body.ensure(body.is_empty(), ImageFlaw::Value)?;
                self.sorting.keep(first..cursor.at());
            }
        }
        Ok(())
    }

    /// What is wrong with an application segment, or nothing for the three that say how to show
    /// the pixels: density (JFIF), colour profile (ICC), colour transform (Adobe).
    fn application(
        &mut self,
        marker: u8,
        body: &mut Cursor<'_>,
    ) -> Result<Option<MetadataKind>, ImageError> {
        let content = body.rest();
        let objection = match marker {
            0xE0 if content.starts_with(b"JFIF\0") => {
                let is_plain = content.len() == 14 && content.ends_with(&[0, 0]);
                if !is_plain {
                    Some(MetadataKind::Thumbnail)
                } else if core::mem::replace(&mut self.has_density, true) {
                    Some(MetadataKind::Unknown)
                } else {
                    None
                }
            }
            0xE0 if content.starts_with(b"JFXX\0") => Some(MetadataKind::Thumbnail),
            0xE1 if content.starts_with(b"Exif\0") => Some(MetadataKind::Exif),
            0xE1 if content.starts_with(b"http://ns.adobe.com/") => Some(MetadataKind::Xmp),
            0xE2 if is_profile_part(content) => None,
            0xED => Some(MetadataKind::Iptc),
            0xEE if content.starts_with(b"Adobe") && content.len() == 12 => None,
            _ => Some(MetadataKind::Unknown),
        };
        body.skip(content.len())?;
        Ok(objection)
    }
}

/// The next marker's code; any number of 0xFF may stand before it.
fn marker(cursor: &mut Cursor<'_>) -> Result<u8, ImageError> {
    let prefix = cursor.byte()?;
    cursor.ensure(prefix == 0xFF, ImageFlaw::Value)?;
    loop {
        let code = cursor.byte()?;
        if code != 0xFF {
            return Ok(code);
        }
    }
}

/// A frame header: the size, and how each component is sampled.
fn frame(body: &mut Cursor<'_>, at: usize) -> Result<ImageFacts, ImageError> {
    let precision = body.byte()?;
    body.ensure(precision == 8, ImageFlaw::Unsupported)?;
    let height = body.big_16()?;
    let width = body.big_16()?;
    let facts = sized(ImageKind::Jpeg, width.into(), height.into(), at)?;
    let n_components = body.byte()?;
    body.ensure((1..=4).contains(&n_components), ImageFlaw::Value)?;
    for _ in 0..n_components {
        let [_, sampling, table] = body.array()?;
        let factors = 1..=4;
        let is_sane =
            factors.contains(&(sampling >> 4)) && factors.contains(&(sampling & 15)) && table <= 3;
        body.ensure(is_sane, ImageFlaw::Value)?;
    }
    Ok(facts)
}

fn quantisation_tables(body: &mut Cursor<'_>) -> Result<(), ImageError> {
    while !body.is_empty() {
        let header = body.byte()?;
        let (is_wide, slot) = (header >> 4, header & 15);
        body.ensure(is_wide <= 1 && slot <= 3, ImageFlaw::Value)?;
        body.skip(if is_wide == 0 { 64 } else { 128 })?;
    }
    Ok(())
}

fn huffman_tables(body: &mut Cursor<'_>) -> Result<(), ImageError> {
    while !body.is_empty() {
        let header = body.byte()?;
        body.ensure(header >> 4 <= 1 && header & 15 <= 3, ImageFlaw::Value)?;
        let counts: [u8; 16] = body.array()?;
        let n_codes = counts.iter().map(|count| usize::from(*count)).sum();
        body.ensure(n_codes <= 256, ImageFlaw::Value)?;
        body.skip(n_codes)?;
    }
    Ok(())
}

fn scan_header(body: &mut Cursor<'_>) -> Result<(), ImageError> {
    let n_components = body.byte()?;
    body.ensure((1..=4).contains(&n_components), ImageFlaw::Value)?;
    body.skip(usize::from(n_components).saturating_mul(2).saturating_add(3))
}

/// Moves to the marker that ends the coded pixels. In them 0xFF is followed by 0 or is a restart
/// marker; every other marker ends them, so a segment cannot hide among the pixels.
fn coded_pixels(cursor: &mut Cursor<'_>) -> Result<(), ImageError> {
    let rest = cursor.rest();
    let mut length = 0_usize;
    loop {
        let window = rest.get(length..).unwrap_or_default();
        let Some(step) = window.iter().position(|byte| *byte == 0xFF) else {
            return Err(cursor.flaw(ImageFlaw::Truncated));
        };
        length = length.saturating_add(step);
        match window.get(step.saturating_add(1)) {
            None => return Err(cursor.flaw(ImageFlaw::Truncated)),
            Some(0 | 0xD0..=0xD7) => length = length.saturating_add(2),
            Some(_) => break,
        }
    }
    cursor.ensure(length > 0, ImageFlaw::Missing)?;
    cursor.skip(length)
}

/// Whether it is one numbered part of an ICC profile; the first must begin as profiles do.
fn is_profile_part(content: &[u8]) -> bool {
    let Some(numbered) = content.strip_prefix(b"ICC_PROFILE\0") else { return false };
    match numbered {
        [1, total, profile @ ..] => *total >= 1 && is_colour_profile(profile),
        [part, total, profile @ ..] => *part >= 1 && part <= total && !profile.is_empty(),
        _ => false,
    }
}
