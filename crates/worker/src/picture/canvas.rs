//! Where pixels are drawn: on an element of the page, or beside any page.

use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap, OffscreenCanvas};

/// How much is kept of what the eye hardly sees, from 0 to 1.
const QUALITY: f64 = 0.85;

/// Something to draw on.
#[derive(Clone, Debug)]
pub enum Canvas {
    /// An element of a page.
    Element(HtmlCanvasElement),
    /// One that needs no page.
    Offscreen(OffscreenCanvas),
}

impl Canvas {
    /// One that needs no page, of this size; `None` where the browser has none.
    pub fn offscreen(width: u32, height: u32) -> Option<Self> {
        OffscreenCanvas::new(width, height).ok().map(Self::Offscreen)
    }

    /// Draws the middle of a picture onto all of the canvas.
    pub(super) fn draw(
        &self,
        bitmap: &ImageBitmap,
        part: (u32, u32),
        size: (u32, u32),
    ) -> Option<()> {
        let context = self.context()?;
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
            .ok()
    }

    /// The pixels in this format, or in another where the browser cannot write it.
    pub(super) async fn encoded(&self, mime: &str) -> Option<Vec<u8>> {
        let blob = JsFuture::from(self.to_blob(mime)?).await.ok()?;
        let bytes = JsFuture::from(blob.dyn_into::<Blob>().ok()?.array_buffer()).await.ok()?;
        Some(Uint8Array::new(&bytes).to_vec())
    }

    /// Both kinds draw alike, by the same names.
    fn context(&self) -> Option<CanvasRenderingContext2d> {
        let context = match self {
            Self::Element(canvas) => canvas.get_context("2d"),
            Self::Offscreen(canvas) => canvas.get_context("2d"),
        };
        context.ok()?.map(JsCast::unchecked_into)
    }

    fn to_blob(&self, mime: &str) -> Option<Promise> {
        let quality = JsValue::from_f64(QUALITY);
        match self {
            Self::Element(canvas) => Some(Promise::new(&mut |resolve, reject| {
                if canvas.to_blob_with_type_and_encoder_options(&resolve, mime, &quality).is_err() {
                    reject.call0(&JsValue::NULL).map(drop).unwrap_or_default();
                }
            })),
            Self::Offscreen(canvas) => {
                let options = Object::new();
                Reflect::set(&options, &JsValue::from_str("type"), &JsValue::from_str(mime))
                    .ok()?;
                Reflect::set(&options, &JsValue::from_str("quality"), &quality).ok()?;
                let convert = Reflect::get(canvas, &JsValue::from_str("convertToBlob")).ok()?;
                let convert: Function = convert.dyn_into().ok()?;
                convert.call1(canvas, &options).ok()?.dyn_into().ok()
            }
        }
    }
}
