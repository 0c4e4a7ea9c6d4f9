//! A picture as it comes back from a worker: each of its versions with kind, sides, length and bytes.

use effigy_core::payload::ImageType;
use effigy_proto::{Picture, Pixels};

const KINDS: [ImageType; 3] = [ImageType::Jpeg, ImageType::Png, ImageType::Webp];

/// Said instead of a picture whose decoding took too long, and most likely still goes on.
pub const SLOW: &[u8] = &[0xFF];

/// Whether this was said instead of a picture.
pub fn is_slow(bytes: &[u8]) -> bool {
    bytes == SLOW
}

/// Writes a picture for [`read`]. Its words are not of a worker's making and are left out.
pub fn write(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    for pixels in std::iter::once(&picture.full).chain(&picture.thumbnail) {
        let kind = KINDS.iter().position(|kind| *kind == pixels.image_type).unwrap_or_default();
        let length = u32::try_from(pixels.bytes.len()).unwrap_or(u32::MAX);
        bytes.push(u8::try_from(kind).unwrap_or_default());
        bytes.extend(pixels.width.to_be_bytes());
        bytes.extend(pixels.height.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend(&pixels.bytes);
    }
    bytes
}

/// Reads a picture; `None` when there is none.
pub fn read(bytes: &[u8]) -> Option<Picture> {
    let (full, rest) = pixels(bytes)?;
    let (thumbnail, rest) = match rest {
        [] => (None, rest),
        _ => pixels(rest).map(|(pixels, rest)| (Some(pixels), rest))?,
    };
    rest.is_empty().then(|| Picture { alt: String::new(), full, thumbnail })
}

fn pixels(bytes: &[u8]) -> Option<(Pixels, &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let image_type = *KINDS.get(usize::from(*kind))?;
    let (width, rest) = rest.split_first_chunk()?;
    let (height, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (bytes, rest) = rest.split_at_checked(length)?;
    let (width, height) = (u32::from_be_bytes(*width), u32::from_be_bytes(*height));
    Some((Pixels { bytes: bytes.to_vec(), image_type, height, width }, rest))
}
