//! Pictures made of files that people choose: by a worker where there is one, else by the page.

use effigy_proto::Picture;
use effigy_worker::Job;
use effigy_worker::picture::{self, Canvas, Use};
use futures_channel::oneshot;
use gloo_timers::future::TimeoutFuture;
use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlCanvasElement, HtmlImageElement};

use super::{page, workers};

pub(super) use effigy_worker::picture::fitting;

/// Why a file did not become a picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PictureFault(picture::PictureFault);

impl PictureFault {
    /// What happened and what to do.
    pub(crate) const fn words(self) -> &'static str {
        match self.0 {
            picture::PictureFault::Browser => {
                "This browser could not read the picture. Save it as JPEG and add it again."
            }
            picture::PictureFault::File => {
                "This file is larger than 64 MB. Make the picture smaller and add it again."
            }
            picture::PictureFault::Image(why) => crate::app::error::picture(why),
            picture::PictureFault::Slow => {
                "This picture takes this device too long to read. Make it smaller and add it again."
            }
        }
    }
}

/// A picture to be posted, with a small version for lists.
pub(crate) async fn for_post(file: &Blob) -> Result<Picture, PictureFault> {
    make(file, Use::Post).await
}

/// A person's picture: the middle square.
pub(crate) async fn for_profile(file: &Blob) -> Result<Picture, PictureFault> {
    make(file, Use::Profile).await
}

async fn make(file: &Blob, purpose: Use) -> Result<Picture, PictureFault> {
    let made = by_worker(file, purpose).await.unwrap_or_default();
    if picture::is_slow(&made) {
        return Err(PictureFault(picture::PictureFault::Slow));
    }
    match picture::read(&made) {
        Some(made) => Ok(made),
        // Nobody else did it; or it cannot be done, and here it turns out why.
        None => picture::make(file, purpose, element).await.map_err(PictureFault),
    }
}

async fn by_worker(file: &Blob, purpose: Use) -> Option<Vec<u8>> {
    let (answer, answered) = oneshot::channel::<Option<ArrayBuffer>>();
    workers::pool().ask(Job::Picture(file.clone(), purpose), move |made| {
        // Nobody may wait any more.
        let _ = answer.send(made);
    });
    let made = answered.await.ok()??;
    Some(Uint8Array::new(&made).to_vec())
}

/// How often a page that nobody sees looks whether somebody does, in milliseconds.
const LOOK: u32 = 500;

/// A picture that the browser has decoded. Elements with its address show it at once for as long as
/// this lives.
pub(crate) struct Decoded(#[expect(dead_code, reason = "kept, not read")] HtmlImageElement);

/// Decodes what others sent before it is shown. `None` where that fails or takes too long.
pub(crate) async fn decoded(address: &str) -> Option<Decoded> {
    loop {
        // In the background browsers decode nothing, and that is not the picture's fault.
        while !page::is_visible() {
            TimeoutFuture::new(LOOK).await;
        }
        let image = HtmlImageElement::new().ok()?;
        image.set_src(address);
        match picture::in_time(image.decode()).await {
            Some(decoded) => return decoded.ok().map(|_| Decoded(image)),
            None if page::is_visible() => return None,
            None => (),
        }
    }
}

fn element(width: u32, height: u32) -> Option<Canvas> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    Some(Canvas::Element(canvas))
}
