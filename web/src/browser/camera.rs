//! The camera, while a code is looked for.

use futures_channel::oneshot;
use js_sys::{Object, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, HtmlVideoElement, MediaStream, MediaStreamConstraints, MediaStreamTrack,
};

use crate::app::task;

/// Why there is no picture from the camera.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CameraFault {
    /// Another program uses it.
    Busy,
    /// The browser gives this page no camera.
    Impossible,
    /// The page is not secure.
    Insecure,
    /// There is none.
    None,
    /// The person or their settings said no.
    Refused,
}

impl CameraFault {
    /// What happened and what to do instead.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Busy => {
                "The camera is used by another program. Close that one and try again, or paste the code \
                 as text."
            }
            Self::Impossible => {
                "This browser gives the page no camera. Open a picture of the code or paste it as text."
            }
            Self::Insecure => {
                "This page may not use the camera, because it was not opened over HTTPS. Open a picture \
                 of the code or paste it as text."
            }
            Self::None => {
                "This device has no camera. Open a picture of the code or paste it as text."
            }
            Self::Refused => {
                "The camera is not allowed for this page. Allow it in the browser's settings for this \
                 page, or open a picture of the code, or paste it as text."
            }
        }
    }
}

/// An open camera. Closed when dropped, so that its light goes out.
pub(crate) struct Camera {
    stream: MediaStream,
}

impl Camera {
    /// Opens the camera that looks away from the person, where there are two. Dropped while the person
    /// is still being asked, a camera that is granted later is closed at once.
    pub(crate) async fn open() -> Result<Self, CameraFault> {
        let devices = if window().is_secure_context() {
            window().navigator().media_devices().map_err(|_| CameraFault::Impossible)?
        } else {
            return Err(CameraFault::Insecure);
        };
        let wanted = Object::new();
        for (key, value) in [
            ("facingMode", JsValue::from_str("environment")),
            ("width", JsValue::from_f64(1280.0)),
            ("height", JsValue::from_f64(720.0)),
        ] {
            Reflect::set(&wanted, &JsValue::from_str(key), &value).unwrap_or(false);
        }
        let constraints = MediaStreamConstraints::new();
        constraints.set_video(&wanted);
        let asked = devices
            .get_user_media_with_constraints(&constraints)
            .map_err(|fault| reason(&fault))?;
        let (opened, opening) = oneshot::channel();
        task::run(async move {
            let stream = JsFuture::from(asked).await.map_err(|fault| reason(&fault));
            let camera = stream.map(|stream| Self { stream: stream.unchecked_into() });
            // Who asked may be gone: then this drops the camera, which closes it.
            drop(opened.send(camera));
        });
        opening.await.unwrap_or(Err(CameraFault::Impossible))
    }

    /// Shows what the camera sees in this element.
    pub(crate) async fn show_in(&self, video: &HtmlVideoElement) -> Result<(), CameraFault> {
        video.set_muted(true);
        video.set_src_object(Some(&self.stream));
        let playing = video.play().map_err(|fault| reason(&fault))?;
        JsFuture::from(playing).await.map(drop).map_err(|fault| reason(&fault))
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        for track in self.stream.get_tracks().iter() {
            track.unchecked_into::<MediaStreamTrack>().stop();
        }
    }
}

fn reason(fault: &JsValue) -> CameraFault {
    let name = fault.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
    match name.as_str() {
        "NotAllowedError" | "SecurityError" => CameraFault::Refused,
        "NotFoundError" | "OverconstrainedError" | "DevicesNotFoundError" => CameraFault::None,
        "NotReadableError" | "AbortError" => CameraFault::Busy,
        _ => CameraFault::Impossible,
    }
}
