//! Makes a file into a picture that may be posted: looked at before it is decoded, turned upright,
//! encoded anew from its pixels, so that nothing but the pixels is left.
//!
//! The same is done in a worker and in a page; what differs is only where pixels are drawn.

mod canvas;
mod wire;

use effigy_core::image::{self, ImageError, ImageKind};
use effigy_core::limits::CONTENT_BYTES;
use effigy_core::payload::ImageType;
use effigy_proto::{Picture, Pixels};
use futures_util::future::{Either, select};
use futures_util::pin_mut;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageBitmap};

pub use canvas::Canvas;
pub use wire::{SLOW, is_slow, read, write};

/// The longest side of a posted picture in pixels.
const LONG_EDGE: u32 = 2048;
/// The longest side of its small version in pixels.
const SMALL_EDGE: u32 = 480;
/// The longest side of a person's picture in pixels.
const FACE_EDGE: u32 = 512;
/// Larger files are not even read: no camera makes a JPEG of this size.
const FILE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// How long the decoding of one picture may take, in milliseconds. A large photograph takes an old
/// phone two seconds; what takes longer was made to.
pub const DECODING: u32 = 5_000;

/// What a picture is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Use {
    /// To be posted: with a small version for lists.
    Post,
    /// To show a person: the middle square.
    Profile,
}

/// Why a file did not become a picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PictureFault {
    /// The browser could not decode it, or has no room for its pixels.
    Browser,
    /// It is larger than this app reads.
    File,
    /// It is not a picture that may be posted.
    Image(ImageError),
    /// Decoding it takes longer than [`DECODING`].
    Slow,
}

impl From<ImageError> for PictureFault {
    fn from(why: ImageError) -> Self {
        Self::Image(why)
    }
}

/// Makes a picture of a file, drawing on what `canvas` gives for a width and a height.
///
/// # Errors
/// When the file is no picture that may be posted, or the browser cannot read it.
pub async fn make(
    file: &Blob,
    purpose: Use,
    canvas: impl Fn(u32, u32) -> Option<Canvas>,
) -> Result<Picture, PictureFault> {
    let bitmap = decode(file).await?;
    let made = match purpose {
        Use::Post => {
            let full = encode(&bitmap, LONG_EDGE, Crop::Whole, &canvas).await?;
            let small = encode(&bitmap, SMALL_EDGE, Crop::Whole, &canvas).await?;
            // A small version that saves nothing is only more to carry.
            let thumbnail = (small.bytes.len() < full.bytes.len()).then_some(small);
            Picture { alt: String::new(), full, thumbnail }
        }
        Use::Profile => {
            let full = encode(&bitmap, FACE_EDGE, Crop::Square, &canvas).await?;
            Picture { alt: String::new(), full, thumbnail: None }
        }
    };
    bitmap.close();
    Ok(made)
}

/// Decodes a file after its bytes were looked at: kind, soundness and number of pixels are known
/// before any memory is given to them.
async fn decode(file: &Blob) -> Result<ImageBitmap, PictureFault> {
    if file.size() > FILE_BYTES {
        return Err(PictureFault::File);
    }
    let bytes = JsFuture::from(file.array_buffer()).await.map_err(|_| PictureFault::Browser)?;
    image::strip(&Uint8Array::new(&bytes).to_vec())?;
    // From the file itself, because its orientation stands in the part that was looked away from.
    let bitmap = bitmap_of(file).ok_or(PictureFault::Browser)?;
    let bitmap = in_time(bitmap).await.ok_or(PictureFault::Slow)?;
    bitmap.ok().and_then(|bitmap| bitmap.dyn_into().ok()).ok_or(PictureFault::Browser)
}

/// What a decoder answers; `None` when it takes longer than [`DECODING`]. What it does meanwhile goes
/// on: only the end of its worker ends it.
pub async fn in_time(decoding: Promise) -> Option<Result<JsValue, JsValue>> {
    let (decoded, late) = (JsFuture::from(decoding), TimeoutFuture::new(DECODING));
    pin_mut!(decoded);
    match select(decoded, late).await {
        Either::Left((decoded, _)) => Some(decoded),
        Either::Right(_) => None,
    }
}

/// The browser's decoder, which pages and workers have alike.
fn bitmap_of(file: &Blob) -> Option<Promise> {
    let global = js_sys::global();
    let decode = Reflect::get(&global, &JsValue::from_str("createImageBitmap")).ok()?;
    let decode: Function = decode.dyn_into().ok()?;
    decode.call1(&global, file).ok()?.dyn_into().ok()
}

/// Which part of a picture is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Crop {
    /// The square in the middle.
    Square,
    /// All of it.
    Whole,
}

async fn encode(
    bitmap: &ImageBitmap,
    edge: u32,
    crop: Crop,
    canvas: &impl Fn(u32, u32) -> Option<Canvas>,
) -> Result<Pixels, PictureFault> {
    let (wide, high) = (bitmap.width(), bitmap.height());
    let part = match crop {
        Crop::Square => (wide.min(high), wide.min(high)),
        Crop::Whole => (wide, high),
    };
    let (width, height) = fitting(part.0, part.1, edge).ok_or(PictureFault::Browser)?;
    let canvas = canvas(width, height).ok_or(PictureFault::Browser)?;
    canvas.draw(bitmap, part, (width, height)).ok_or(PictureFault::Browser)?;
    let mut bytes = canvas.encoded("image/webp").await.ok_or(PictureFault::Browser)?;
    // A browser that cannot write WebP writes PNG instead, which for photographs is far too large.
    if ImageKind::of(&bytes) != Some(ImageKind::WebP) {
        bytes = canvas.encoded("image/jpeg").await.ok_or(PictureFault::Browser)?;
    }
    let bytes = image::strip(&bytes)?;
    let facts = image::inspect(&bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|size| size > CONTENT_BYTES) {
        return Err(PictureFault::File);
    }
    let image_type = match facts.kind {
        ImageKind::Jpeg => ImageType::Jpeg,
        ImageKind::Png => ImageType::Png,
        ImageKind::WebP => ImageType::Webp,
    };
    Ok(Pixels { bytes, image_type, height: facts.height, width: facts.width })
}

/// The size that keeps the proportions and has no side longer than `edge`; never larger than it is.
/// `None` for a picture without pixels.
pub fn fitting(width: u32, height: u32, edge: u32) -> Option<(u32, u32)> {
    let long = width.max(height);
    if width == 0 || height == 0 {
        return None;
    }
    if long <= edge {
        return Some((width, height));
    }
    let scaled = |side: u32| {
        let side = (u64::from(side) * u64::from(edge) + u64::from(long) / 2) / u64::from(long);
        u32::try_from(side.max(1)).unwrap_or(edge)
    };
    Some((scaled(width), scaled(height)))
}
