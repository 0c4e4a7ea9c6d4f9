//! A pool and real workers whose inside these tests write: quick ones, and ones that fail.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web_sys::{Blob, Url, Worker};

use crate::picture::{self, Canvas, PictureFault, Use};
use crate::{Job, Pool};

wasm_bindgen_test_configure!(run_in_browser);

/// How long anything here may take, in milliseconds.
const PATIENCE: u32 = 20_000;

/// A worker that answers each frame with its bytes in UTF-8, and falls over one that says "fall".
const ECHO: &str = "
    self.onmessage = ({ data: [number, kind, text] }) => {
        if (text === 'fall') { throw new Error('this worker was asked to fall'); }
        const { buffer } = new TextEncoder().encode(`${kind}:${text}`);
        self.postMessage([number, buffer], [buffer]);
    };
    self.postMessage(null);";
/// A worker that cannot decode the picture it is asked for in time, but everything else.
const SLOW: &str = "
    self.onmessage = ({ data: [number, kind, text] }) => {
        const { buffer } = text === 'slow' ? new Uint8Array([0xff]) : new TextEncoder().encode(`${kind}:${text}`);
        self.postMessage([number, buffer], [buffer]);
    };
    self.postMessage(null);";
/// A worker that cannot even begin.
const BROKEN: &str = "throw new Error('this worker never begins');";

fn worker(script: &str) -> Option<Worker> {
    let parts = Array::of1(&JsValue::from_str(script));
    let blob = Blob::new_with_str_sequence(&parts).ok()?;
    Worker::new(&Url::create_object_url_with_blob(&blob).ok()?).ok()
}

/// A pool of such workers, and how many of them were started.
fn pool(size: usize, script: &'static str) -> (Pool, Rc<Cell<u32>>) {
    let started = Rc::new(Cell::new(0));
    let count = Rc::clone(&started);
    let pool = Pool::new(size, move || {
        count.set(count.get() + 1);
        worker(script)
    });
    (pool, started)
}

type Answers = Rc<RefCell<Vec<(u32, Option<String>)>>>;

/// Asks for so many frames to be looked at; what was answered.
fn ask(pool: &Pool, texts: &[&str]) -> Answers {
    let answers = Answers::default();
    for (number, text) in (0..).zip(texts) {
        let answers = Rc::clone(&answers);
        pool.ask(Job::Frame((*text).into()), move |found: Option<ArrayBuffer>| {
            let text = found.map(|found| {
                String::from_utf8(Uint8Array::new(&found).to_vec()).unwrap_or_default()
            });
            answers.borrow_mut().push((number, text));
        });
    }
    answers
}

async fn answered(answers: &Answers, count: usize) -> Vec<(u32, Option<String>)> {
    for _ in 0..PATIENCE / 10 {
        if answers.borrow().len() >= count {
            return answers.borrow().clone();
        }
        TimeoutFuture::new(10).await;
    }
    panic!("{} of {count} answers came", answers.borrow().len());
}

#[test]
async fn one_worker_answers_in_order_and_is_started_when_it_is_needed() {
    let (pool, started) = pool(1, ECHO);
    assert!(pool.is_there());
    assert_eq!(started.get(), 0);
    let answers = ask(&pool, &["a", "b", "c", "d", "e"]);
    let expected: Vec<(u32, Option<String>)> = (0..)
        .zip(["a", "b", "c", "d", "e"])
        .map(|(number, text)| (number, Some(format!("frame:{text}"))))
        .collect();
    assert_eq!(answered(&answers, 5).await, expected);
    assert_eq!(started.get(), 1);
}

#[test]
async fn more_work_starts_more_workers_up_to_the_size() {
    let (pool, started) = pool(3, ECHO);
    let answers = ask(&pool, &["x"; 40]);
    assert!(answered(&answers, 40).await.iter().all(|(_, text)| text.is_some()));
    assert_eq!(started.get(), 3);
}

#[test]
async fn a_worker_that_falls_is_replaced_and_what_it_held_is_done() {
    let (pool, started) = pool(1, ECHO);
    let answers = ask(&pool, &["a", "fall", "b", "c"]);
    let mut found = answered(&answers, 4).await;
    found.sort();
    // What brought two workers down is given back; all else was done.
    let expected = [Some("frame:a"), None, Some("frame:b"), Some("frame:c")];
    let texts: Vec<Option<&str>> = found.iter().map(|(_, text)| text.as_deref()).collect();
    assert_eq!(texts, expected);
    assert_eq!(started.get(), 3);
    assert!(pool.is_there());
}

#[test]
async fn a_worker_that_is_stuck_in_a_picture_is_replaced() {
    let (pool, started) = pool(1, SLOW);
    let found = answered(&ask(&pool, &["a", "slow", "b"]), 3).await;
    let texts: Vec<Option<&str>> = found.iter().map(|(_, text)| text.as_deref()).collect();
    // What is no text is none: the one byte that says so.
    assert_eq!(texts, [Some("frame:a"), Some(""), Some("frame:b")]);
    assert_eq!(started.get(), 2, "and it is no failure: as many may follow as come");
    assert_eq!(answered(&ask(&pool, &["slow"; 9]), 9).await.len(), 9);
    assert!(pool.is_there());
}

#[test]
async fn a_picture_gets_five_seconds_to_be_decoded() {
    let never = js_sys::Promise::new(&mut |_, _| ());
    let begun = js_sys::Date::now();
    assert!(picture::in_time(never).await.is_none());
    let took = js_sys::Date::now() - begun;
    assert!((4_900.0..9_000.0).contains(&took), "{took} ms");
    let at_once = js_sys::Promise::new(&mut |resolve, _| drop(resolve.call0(&JsValue::NULL)));
    assert!(picture::in_time(at_once).await.is_some());
    assert!(picture::read(picture::SLOW).is_none() && picture::is_slow(picture::SLOW));
    assert!(!picture::is_slow(&[]));
}

#[test]
async fn workers_that_never_begin_are_done_without() {
    let (pool, started) = pool(2, BROKEN);
    let answers = ask(&pool, &["a", "b", "c"]);
    assert!(answered(&answers, 3).await.iter().all(|(_, text)| text.is_none()));
    assert!(!pool.is_there());
    let before = started.get();
    assert!(before <= 6, "{before} were tried");
    assert_eq!(answered(&ask(&pool, &["d"]), 1).await, [(0, None)]);
    assert_eq!(started.get(), before, "no more are started");
}

#[test]
async fn a_browser_without_workers_is_done_without() {
    let none = Pool::new(4, || None);
    assert_eq!(answered(&ask(&none, &["a", "b"]), 2).await, [(0, None), (1, None)]);
    assert!(!none.is_there());
    assert!(!Pool::default().is_there());
}

#[test]
async fn more_than_can_wait_is_given_back_at_once() {
    let (pool, _) = pool(1, ECHO);
    let answers = ask(&pool, &["x"; 100]);
    let at_once = answers.borrow().len();
    assert!((30..=40).contains(&at_once), "{at_once} were given back");
    answered(&answers, 100).await;
}

/// A file as a phone makes one: a JPEG with something behind its pixels that tells about them.
async fn photo(width: u32, height: u32) -> Blob {
    let canvas = element(width, height).unwrap();
    let Canvas::Element(canvas) = canvas else { unreachable!() };
    let context: web_sys::CanvasRenderingContext2d =
        canvas.get_context("2d").unwrap().unwrap().unchecked_into();
    for n in 0..40_u32 {
        context.set_fill_style_str(&format!("hsl({}, 70%, 60%)", n * 9));
        context.fill_rect(f64::from(n * 37 % width), f64::from(n * 53 % height), 60.0, 40.0);
    }
    let encoded = js_sys::Promise::new(&mut |resolve, _| {
        canvas.to_blob_with_type_and_encoder_options(&resolve, "image/jpeg", &0.9.into()).unwrap();
    });
    let blob: Blob = wasm_bindgen_futures::JsFuture::from(encoded).await.unwrap().unchecked_into();
    let bytes = wasm_bindgen_futures::JsFuture::from(blob.array_buffer()).await.unwrap();
    let bytes = Uint8Array::new(&bytes).to_vec();
    let comment = b"\xff\xfe\x00\x10I was at home.";
    let told = [&bytes[..2], comment, &bytes[2..]].concat();
    Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(told.as_slice()))).unwrap()
}

fn element(width: u32, height: u32) -> Option<Canvas> {
    let document = web_sys::window()?.document()?;
    let canvas: web_sys::HtmlCanvasElement =
        document.create_element("canvas").ok()?.unchecked_into();
    canvas.set_width(width);
    canvas.set_height(height);
    Some(Canvas::Element(canvas))
}

#[test]
async fn pictures_are_made_alike_on_a_page_and_beside_it() {
    let file = photo(900, 600).await;
    for (purpose, sides, small) in
        [(Use::Post, (900, 600), Some((480, 320))), (Use::Profile, (512, 512), None)]
    {
        let here = picture::make(&file, purpose, element).await.unwrap();
        let beside = picture::make(&file, purpose, Canvas::offscreen).await.unwrap();
        for made in [&here, &beside] {
            assert_eq!((made.full.width, made.full.height), sides);
            let thumbnail = made.thumbnail.as_ref();
            assert_eq!(thumbnail.map(|pixels| (pixels.width, pixels.height)), small);
            assert!(!made.full.bytes.windows(6).any(|bytes| bytes == b"I was "));
            let facts = effigy_core::image::inspect(&made.full.bytes).unwrap();
            assert_eq!((facts.width, facts.height), sides);
            assert!(picture::read(&picture::write(made)).as_ref() == Some(made));
        }
        assert_eq!(here.full.image_type, beside.full.image_type);
    }
    assert!(picture::read(&[]).is_none());
}

#[test]
async fn what_is_no_picture_is_none_anywhere() {
    let file = Blob::new_with_str_sequence(&Array::of1(&"not a picture".into())).unwrap();
    let faults = [
        picture::make(&file, Use::Post, element).await.err(),
        picture::make(&file, Use::Post, Canvas::offscreen).await.err(),
    ];
    assert!(matches!(faults[0], Some(PictureFault::Image(_))), "{faults:?}");
    assert_eq!(faults[0], faults[1]);
}

#[test]
fn proportions_are_kept_and_nothing_grows() {
    let fitting = picture::fitting;
    assert_eq!(fitting(4000, 3000, 2048), Some((2048, 1536)));
    assert_eq!(fitting(3000, 4000, 480), Some((360, 480)));
    assert_eq!(fitting(100, 50, 480), Some((100, 50)));
    assert_eq!(fitting(8192, 1, 480), Some((480, 1)));
    assert_eq!(fitting(0, 9, 480), None);
}
