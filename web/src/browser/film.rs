//! Videos that people choose: what they say of themselves, and a picture of them.

use std::cell::Cell;
use std::rc::Rc;

use effigy_core::video::VideoType;
use effigy_proto::Picture;
use effigy_worker::Listener;
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Blob, CanvasRenderingContext2d, Event, File, HtmlCanvasElement, HtmlVideoElement};

use super::object_url::ObjectUrl;
use super::picture;

/// How long a browser may take to look into a video, in milliseconds.
const PATIENCE: u32 = 8_000;
/// Where in a video its picture is taken, in seconds: most begin in the dark.
const MOMENT: f64 = 1.0;
/// Most pixels along a side of the picture.
const SIDE: f64 = 1_280.0;
/// Further than any video goes, in seconds: a browser that is sent there finds the end.
const END: f64 = 1e7;

/// A video as its browser sees it.
pub(crate) struct Seen {
    /// In milliseconds; 0 where it is not known.
    pub(crate) duration: u64,
    pub(crate) height: u32,
    pub(crate) kind: VideoType,
    pub(crate) poster: Option<Picture>,
    pub(crate) width: u32,
}

/// Something that an element tells once.
struct Told {
    answer: oneshot::Receiver<bool>,
    _listeners: [Listener; 2],
}

impl Told {
    /// Listens from now on, until this or an error comes.
    fn by(video: &HtmlVideoElement, what: &'static str) -> Self {
        let (send, answer) = oneshot::channel();
        let send = Rc::new(Cell::new(Some(send)));
        let tell = |good: bool| {
            let send = Rc::clone(&send);
            move |_: Event| {
                if let Some(send) = send.take() {
                    // Nobody may wait any more.
                    send.send(good).unwrap_or_default();
                }
            }
        };
        let listeners =
            [Listener::new(video, what, tell(true)), Listener::new(video, "error", tell(false))];
        Self { answer, _listeners: listeners }
    }

    /// Whether it came in time.
    async fn came(self) -> bool {
        match select(self.answer, TimeoutFuture::new(PATIENCE)).await {
            Either::Left((told, _)) => told.unwrap_or_default(),
            Either::Right(_) => false,
        }
    }
}

/// Looks at a file as a video. `None` where it is none that this browser plays.
pub(crate) async fn look(file: &File) -> Option<Seen> {
    let kind = match file.type_().split(';').next() {
        Some("video/mp4") => VideoType::Mp4,
        Some("video/webm") => VideoType::Webm,
        _ => return None,
    };
    let video: HtmlVideoElement = document().create_element("video").ok()?.dyn_into().ok()?;
    let address = ObjectUrl::of(file)?;
    let known = Told::by(&video, "loadeddata");
    video.set_preload("auto");
    video.set_muted(true);
    video.set_src(address.address());
    let is_known = known.came().await;
    let (width, height) = (video.video_width(), video.video_height());
    let found = if is_known && width > 0 && height > 0 {
        let duration = duration(&video).await;
        let poster = poster(&video, duration).await;
        Some(Seen { duration: milliseconds(duration), height, kind, poster, width })
    } else {
        None
    };
    video.set_src("");
    found
}

/// How many seconds it plays. What was recorded by a browser does not say so: then its end is looked for.
async fn duration(video: &HtmlVideoElement) -> Option<f64> {
    if video.duration().is_infinite() {
        let found = Told::by(video, "seeked");
        video.set_current_time(END);
        found.came().await;
    }
    Some(video.duration()).filter(|seconds| seconds.is_finite())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before")]
fn milliseconds(seconds: Option<f64>) -> u64 {
    seconds.map_or(0, |seconds| (seconds.clamp(0.0, END) * 1_000.0) as u64)
}

/// A frame from near the beginning.
async fn poster(video: &HtmlVideoElement, duration: Option<f64>) -> Option<Picture> {
    let there = Told::by(video, "seeked");
    video.set_current_time(duration.map_or(MOMENT, |duration| MOMENT.min(duration / 2.0)));
    if !there.came().await {
        return None;
    }
    let blob = drawn(video).await?;
    picture::for_post(&blob).await.ok()
}

/// What the element shows now, as a file.
async fn drawn(video: &HtmlVideoElement) -> Option<Blob> {
    let (width, height) = (f64::from(video.video_width()), f64::from(video.video_height()));
    let scale = (SIDE / width.max(height)).min(1.0);
    let (width, height) = ((width * scale).round().max(1.0), (height * scale).round().max(1.0));
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    set_size(&canvas, width, height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context
        .draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, width, height)
        .ok()?;
    let (send, made) = oneshot::channel();
    let take = Closure::once_into_js(move |blob: Option<Blob>| send.send(blob).unwrap_or_default());
    canvas.to_blob_with_type(take.unchecked_ref(), "image/jpeg").ok()?;
    made.await.ok()?
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most SIDE")]
fn set_size(canvas: &HtmlCanvasElement, width: f64, height: f64) {
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
}
