//! Finds a QR code in a camera's or a file's picture.
//!
//! Where the browser has a reader of its own that works, that is asked; otherwise the pixels are read
//! here.

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlVideoElement, ImageBitmap};

/// The longest side of the pixels that are searched. More makes it slower and finds no more.
const LONG_EDGE: u32 = 960;

/// Reads codes. Keeps one canvas for all frames.
pub(crate) struct CodeReader {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    detector: Option<Detector>,
}

/// The browser's own reader.
struct Detector {
    detect: Function,
    object: JsValue,
}

impl Detector {
    /// The browser's reader, where it has one that knows QR codes.
    async fn find() -> Option<Self> {
        let key = JsValue::from_str;
        let class: Function =
            Reflect::get(&window(), &key("BarcodeDetector")).ok()?.dyn_into().ok()?;
        let formats: Function =
            Reflect::get(&class, &key("getSupportedFormats")).ok()?.dyn_into().ok()?;
        let formats: Promise = formats.call0(&class).ok()?.dyn_into().ok()?;
        let formats: Array = JsFuture::from(formats).await.ok()?.dyn_into().ok()?;
        if !formats.includes(&key("qr_code"), 0) {
            return None;
        }
        let options = Object::new();
        Reflect::set(&options, &key("formats"), &Array::of1(&key("qr_code"))).ok()?;
        let object = Reflect::construct(&class, &Array::of1(&options)).ok()?;
        let detect = Reflect::get(&object, &key("detect")).ok()?.dyn_into().ok()?;
        Some(Self { detect, object })
    }

    /// The text of a code; `None` inside where there is no code, and outside where the reader fails:
    /// some browsers have one that never works.
    async fn read(&self, canvas: &HtmlCanvasElement) -> Option<Option<String>> {
        let found: Promise = self.detect.call1(&self.object, canvas).ok()?.dyn_into().ok()?;
        let found: Array = JsFuture::from(found).await.ok()?.dyn_into().ok()?;
        Some(Reflect::get(&found.get(0), &JsValue::from_str("rawValue")).ok()?.as_string())
    }
}

impl CodeReader {
    /// A reader. `None` where the browser has no canvas to read from.
    pub(crate) async fn new() -> Option<Self> {
        let canvas: HtmlCanvasElement =
            document().create_element("canvas").ok()?.dyn_into().ok()?;
        let options = Object::new();
        Reflect::set(&options, &JsValue::from_str("willReadFrequently"), &JsValue::TRUE).ok()?;
        let context = canvas.get_context_with_context_options("2d", &options).ok()??;
        let context = context.dyn_into().ok()?;
        Some(Self { canvas, context, detector: Detector::find().await })
    }

    /// The text of a code in what the video shows now.
    pub(crate) async fn read_video(&self, video: &HtmlVideoElement) -> Option<String> {
        let (width, height) = self.fit(video.video_width(), video.video_height())?;
        self.context
            .draw_image_with_html_video_element_and_dw_and_dh(
                video,
                0.0,
                0.0,
                f64::from(width),
                f64::from(height),
            )
            .ok()?;
        self.read(width, height).await
    }

    /// The text of a code in a picture file.
    pub(crate) async fn read_file(&self, file: &Blob) -> Option<String> {
        let bitmap = window().create_image_bitmap_with_blob(file).ok()?;
        let bitmap: ImageBitmap = JsFuture::from(bitmap).await.ok()?.dyn_into().ok()?;
        let (width, height) = self.fit(bitmap.width(), bitmap.height())?;
        // What is transparent would be black otherwise, and black is what the code is.
        self.context.set_fill_style_str("#fff");
        self.context.fill_rect(0.0, 0.0, f64::from(width), f64::from(height));
        self.context
            .draw_image_with_image_bitmap_and_dw_and_dh(
                &bitmap,
                0.0,
                0.0,
                f64::from(width),
                f64::from(height),
            )
            .ok()?;
        bitmap.close();
        self.read(width, height).await
    }

    /// Makes the canvas as large as the picture, but not larger than is searched.
    fn fit(&self, width: u32, height: u32) -> Option<(u32, u32)> {
        let (width, height) = super::picture::fitting(width, height, LONG_EDGE)?;
        if self.canvas.width() != width || self.canvas.height() != height {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        Some((width, height))
    }

    async fn read(&self, width: u32, height: u32) -> Option<String> {
        if let Some(detector) = &self.detector
            && let Some(found) = detector.read(&self.canvas).await
        {
            return found;
        }
        let data =
            self.context.get_image_data(0.0, 0.0, f64::from(width), f64::from(height)).ok()?.data();
        find_code(&data.0, width as usize, height as usize)
    }
}

/// The text of the first readable code among these pixels (RGBA, row by row).
fn find_code(pixels: &[u8], width: usize, height: usize) -> Option<String> {
    let luma: Vec<u8> = pixels.as_chunks().0.iter().map(luma).collect();
    if luma.is_empty() || luma.len() != width.saturating_mul(height) {
        return None;
    }
    let mut reader = quircs::Quirc::default();
    reader
        .identify(width, height, &luma)
        .filter_map(Result::ok)
        .filter_map(|code| code.decode().ok())
        .find_map(|data| String::from_utf8(data.payload).ok())
}

/// How bright a pixel is, by the weights of ITU-R BT.601 in 256ths.
fn luma(&[red, green, blue, _]: &[u8; 4]) -> u8 {
    let sum = u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29;
    u8::try_from(sum >> 8).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::find_code;
    use fast_qr::QRBuilder;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Draws a code with 6 pixels a module and the quiet zone that the standard asks for.
    fn drawn(text: &str) -> (Vec<u8>, usize) {
        let code = QRBuilder::new(text).build().expect("it fits");
        let side = (code.size + 8) * 6;
        let mut pixels = vec![255; side * side * 4];
        for y in 0..code.size * 6 {
            for x in 0..code.size * 6 {
                if code[y / 6][x / 6].value() {
                    let at = ((y + 24) * side + x + 24) * 4;
                    pixels[at..at + 3].fill(10);
                }
            }
        }
        (pixels, side)
    }

    #[test]
    fn what_we_draw_we_can_read() {
        let invite =
            "https://hub.example/#/invite/AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let letter = format!("effigy-letter:{}", "AbC-_9".repeat(170));
        for text in [invite, &letter] {
            let (pixels, side) = drawn(text);
            assert_eq!(find_code(&pixels, side, side).as_deref(), Some(text));
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert_eq!(find_code(&[200; 64 * 64 * 4], 64, 64), None);
        assert_eq!(find_code(&[], 8, 8), None);
    }
}
