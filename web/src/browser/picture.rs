//! Makes a file into a picture that may be posted: looked at before it is decoded, turned upright,
//! encoded anew from its pixels, so that nothing but the pixels is left.

use effigy_core::image::{self, ImageError, ImageKind};
use effigy_core::limits::CONTENT_BYTES;
use effigy_core::payload::ImageType;
use effigy_proto::{Picture, Pixels};
use js_sys::{Promise, Uint8Array};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

/// The longest side of a posted picture in pixels.
const LONG_EDGE: u32 = 2048;
/// The longest side of its small version in pixels.
const SMALL_EDGE: u32 = 480;
/// The longest side of a person's picture in pixels.
const FACE_EDGE: u32 = 512;
/// How much is kept of what the eye hardly sees, from 0 to 1.
const QUALITY: f64 = 0.85;
/// Larger files are not even read: no camera makes a JPEG of this size.
const FILE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Why a file did not become a picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PictureFault {
    /// The browser could not decode it, or has no room for its pixels.
    Browser,
    /// It is larger than this app reads.
    File,
    /// It is not a picture that may be posted.
    Image(ImageError),
}

impl PictureFault {
    /// What happened and what to do.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Browser => {
                "This browser could not read the picture. Save it as JPEG and add it again."
            }
            Self::File => {
                "This file is larger than 64 MB. Make the picture smaller and add it again."
            }
            Self::Image(why) => crate::app::error::picture(why),
        }
    }
}

impl From<ImageError> for PictureFault {
    fn from(why: ImageError) -> Self {
        Self::Image(why)
    }
}

/// A picture to be posted, with a small version for lists.
pub(crate) async fn for_post(file: &Blob) -> Result<Picture, PictureFault> {
    let bitmap = decode(file).await?;
    let full = encode(&bitmap, LONG_EDGE, Crop::Whole).await?;
    let small = encode(&bitmap, SMALL_EDGE, Crop::Whole).await?;
    bitmap.close();
    // A small version that saves nothing is only more to carry.
    let thumbnail = (small.bytes.len() < full.bytes.len()).then_some(small);
    Ok(Picture { alt: String::new(), full, thumbnail })
}

/// A person's picture: the middle square.
pub(crate) async fn for_profile(file: &Blob) -> Result<Picture, PictureFault> {
    let bitmap = decode(file).await?;
    let full = encode(&bitmap, FACE_EDGE, Crop::Square).await?;
    bitmap.close();
    Ok(Picture { alt: String::new(), full, thumbnail: None })
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
    let bitmap = window().create_image_bitmap_with_blob(file).map_err(|_| PictureFault::Browser)?;
    let bitmap = JsFuture::from(bitmap).await.map_err(|_| PictureFault::Browser)?;
    bitmap.dyn_into().map_err(|_| PictureFault::Browser)
}

/// Which part of a picture is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Crop {
    /// The square in the middle.
    Square,
    /// All of it.
    Whole,
}

async fn encode(bitmap: &ImageBitmap, edge: u32, crop: Crop) -> Result<Pixels, PictureFault> {
    let (wide, high) = (bitmap.width(), bitmap.height());
    let (part_wide, part_high) = match crop {
        Crop::Square => (wide.min(high), wide.min(high)),
        Crop::Whole => (wide, high),
    };
    let (width, height) = fitting(part_wide, part_high, edge).ok_or(PictureFault::Browser)?;
    let canvas = draw(bitmap, (part_wide, part_high), (width, height))?;
    let mut bytes = encoded(&canvas, "image/webp").await?;
    // A browser that cannot write WebP writes PNG instead, which for photographs is far too large.
    if ImageKind::of(&bytes) != Some(ImageKind::WebP) {
        bytes = encoded(&canvas, "image/jpeg").await?;
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

fn draw(
    bitmap: &ImageBitmap,
    part: (u32, u32),
    size: (u32, u32),
) -> Result<HtmlCanvasElement, PictureFault> {
    let make = || -> Option<HtmlCanvasElement> {
        let canvas: HtmlCanvasElement =
            document().create_element("canvas").ok()?.dyn_into().ok()?;
        canvas.set_width(size.0);
        canvas.set_height(size.1);
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        context.set_image_smoothing_enabled(true);
        // JPEG knows no transparency: what shines through is paper, not night.
        context.set_fill_style_str("#fff");
        context.fill_rect(0.0, 0.0, f64::from(size.0), f64::from(size.1));
        let left = f64::from(bitmap.width().saturating_sub(part.0)) / 2.0;
        let top = f64::from(bitmap.height().saturating_sub(part.1)) / 2.0;
        context
            .draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                bitmap,
                left,
                top,
                f64::from(part.0),
                f64::from(part.1),
                0.0,
                0.0,
                f64::from(size.0),
                f64::from(size.1),
            )
            .ok()?;
        Some(canvas)
    };
    make().ok_or(PictureFault::Browser)
}

async fn encoded(canvas: &HtmlCanvasElement, mime: &str) -> Result<Vec<u8>, PictureFault> {
    let asked = Promise::new(&mut |resolve, reject| {
        let quality = JsValue::from_f64(QUALITY);
        if canvas.to_blob_with_type_and_encoder_options(&resolve, mime, &quality).is_err() {
            reject.call0(&JsValue::NULL).map(drop).unwrap_or_default();
        }
    });
    let blob = JsFuture::from(asked).await.map_err(|_| PictureFault::Browser)?;
    let blob: Blob = blob.dyn_into().map_err(|_| PictureFault::Browser)?;
    let bytes = JsFuture::from(blob.array_buffer()).await.map_err(|_| PictureFault::Browser)?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

/// The size that keeps the proportions and has no side longer than `edge`; never larger than it is.
/// `None` for a picture without pixels.
pub(super) fn fitting(width: u32, height: u32, edge: u32) -> Option<(u32, u32)> {
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

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::fitting;

    #[test]
    fn proportions_are_kept_and_nothing_grows() {
        assert_eq!(fitting(4000, 3000, 2048), Some((2048, 1536)));
        assert_eq!(fitting(3000, 4000, 480), Some((360, 480)));
        assert_eq!(fitting(100, 50, 480), Some((100, 50)));
        assert_eq!(fitting(8192, 1, 480), Some((480, 1)));
        assert_eq!(fitting(0, 9, 480), None);
    }
}
