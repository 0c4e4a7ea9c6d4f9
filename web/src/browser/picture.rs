//! Pictures made of files that people choose: by a worker where there is one, else by the page.

use effigy_proto::Picture;
use effigy_worker::Job;
use effigy_worker::picture::{self, Canvas, Use};
use futures_channel::oneshot;
use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlCanvasElement};

use super::workers;

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
    match by_worker(file, purpose).await {
        Some(made) => Ok(made),
        // Nobody else did it; or it cannot be done, and here it turns out why.
        None => picture::make(file, purpose, element).await.map_err(PictureFault),
    }
}

async fn by_worker(file: &Blob, purpose: Use) -> Option<Picture> {
    let (answer, answered) = oneshot::channel::<Option<ArrayBuffer>>();
    workers::pool().ask(Job::Picture(file.clone(), purpose), move |made| {
        // Nobody may wait any more.
        let _ = answer.send(made);
    });
    let made = answered.await.ok()??;
    picture::read(&Uint8Array::new(&made).to_vec())
}

fn element(width: u32, height: u32) -> Option<Canvas> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    Some(Canvas::Element(canvas))
}
