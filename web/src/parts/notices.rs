//! What has to be said above every screen: a newer version, a device that may not write.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::app::{Damage, Handle, Model, Out, Phase, Wrong, task};
use crate::browser::{room, settings, update};

/// How many composers hold something that was not sent.
#[derive(Clone, Copy)]
pub(crate) struct Unsent(pub(crate) RwSignal<usize>);

/// A newer version waits. It never comes by itself.
#[component]
pub(crate) fn UpdateNotice() -> impl IntoView {
    let waits = RwSignal::new(update::waits());
    let later = RwSignal::new(false);
    update::on_waiting(move || {
        waits.set(true);
        later.set(false);
    });
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let unsent = expect_context::<Unsent>().0;
    let apply = move |_| {
        task::run(async move {
            // The last words were typed a moment ago.
            model.desk().save_in_time(handle).await;
            update::apply();
        });
    };
    let words = move || {
        if unsent.get() > 0 {
            "A new version of Effigy is ready. Finish writing first; your draft is kept either way."
        } else {
            "A new version of Effigy is ready."
        }
    };
    view! {
        <div role="status" aria-live="polite">
            <Show when=move || waits.get() && !later.get()>
                <div class="notice" data-notice="update">
                    <Glyph icon=Icon::Info/>
                    <p>{words}</p>
                    <div class="notice-actions">
                        <button class="button" type="button" on:click=move |_| later.set(true)>"Later"</button>
                        <button class="button primary" type="button" on:click=apply>"Update now"</button>
                    </div>
                </div>
            </Show>
        </div>
    }
}

/// After starts that came to nothing, only a part is shown.
#[component]
pub(crate) fn NarrowNotice() -> impl IntoView {
    let is_narrow = expect_context::<Model>().is_narrow();
    view! {
        <Show when=move || is_narrow.get()>
            <div class="notice" role="status" data-notice="narrow">
                <Glyph icon=Icon::Info/>
                <p>"Posts of others and pictures are left out, because Effigy did not start before. They are kept and go on arriving. If somebody's posts are the cause, you can block them in People."</p>
                <div class="notice-actions">
                    <button class="button" type="button" data-effigy="again">"Show everything"</button>
                </div>
            </div>
        </Show>
    }
}

/// This device must not write before its own feed is whole again.
#[component]
pub(crate) fn RepairNotice() -> impl IntoView {
    let model = expect_context::<Model>();
    let repair = model.repair();
    let ways = move |_| {
        if let Some(repair) = repair.get_untracked() {
            model.set_phase(Phase::Repair(Damage::Behind(repair)));
        }
    };
    let words = move || {
        repair.get().map(|repair| match repair.is_counted() {
            true => format!(
                "This device is catching up with its own posts: {} of {} are back. You can read, but not post, until then.",
                repair.held, repair.known
            ),
            false => "Perhaps not all of your own posts are here. You can read, but not post, until you say that they are.".to_owned(),
        })
    };
    view! {
        <Show when=move || repair.with(Option::is_some)>
            <div class="notice notice-trouble" role="status" data-notice="repair">
                <Glyph icon=Icon::Alert/>
                <p>{words}</p>
                <div class="notice-actions">
                    <button class="button" type="button" on:click=ways>"What can be done"</button>
                    <a class="button" href="#/you/network">"See what is happening"</a>
                </div>
            </div>
        </Show>
    }
}

/// The clock of this device is wrong, as the hub says.
#[component]
pub(crate) fn ClockNotice() -> impl IntoView {
    let clock = expect_context::<Handle>().clock();
    let wrong = clock.wrong();
    let words = Memo::new(move |_| match wrong.get() {
        Some(Wrong::Ahead(by)) => format!(
            "The clock of this device is {} ahead of the hub's. Others would see what you post only when that time has come, so nothing is posted until it is set. What you write is kept.",
            in_words(by)
        ),
        Some(Wrong::Behind(by)) => format!(
            "The clock of this device is {} behind the hub's. What you post would look older than it is. Set the clock of the device.",
            in_words(by)
        ),
        None => String::new(),
    });
    view! {
        <Show when=move || wrong.with(Option::is_some)>
            <div class="notice notice-trouble" role="status" data-notice="clock">
                <Glyph icon=Icon::Alert/>
                <p>{words}</p>
                <div class="notice-actions">
                    <button class="button" type="button" on:click=move |_| clock.trust()>"My clock is right"</button>
                </div>
            </div>
        </Show>
    }
}

/// How long something is, in milliseconds: one number of something, two at least.
fn in_words(span: u64) -> String {
    let minutes = span / 60_000;
    match (minutes, minutes / 60, minutes / 1_440) {
        (0..120, ..) => format!("{minutes} minutes"),
        (_, hours @ 0..48, _) => format!("{hours} hours"),
        (.., days @ 0..730) => format!("{days} days"),
        (.., days) => format!("{} years", days / 365),
    }
}

/// Somebody looks once more at what lies on a device that can write nothing any more.
#[component]
pub(crate) fn OutNotice() -> impl IntoView {
    let model = expect_context::<Model>();
    let out = model.out();
    let words = move || match out.get() {
        Some(Out::Closed) => {
            "This account was closed. You can read what still lies on this device, and nothing else."
        }
        _ => {
            "This device was removed from your account. You can read what lies on it, and nothing else."
        }
    };
    let ways = move |_| {
        if let Some(out) = out.get_untracked() {
            model.set_phase(Phase::Out(out));
        }
    };
    view! {
        <Show when=move || out.get().is_some()>
            <div class="notice notice-trouble" role="status" data-notice="out">
                <Glyph icon=Icon::Alert/>
                <p>{words}</p>
                <div class="notice-actions">
                    <button class="button" type="button" on:click=ways>"What can be done"</button>
                </div>
            </div>
        </Show>
    }
}

/// Nothing can be written, for as long as that is so.
#[component]
pub(crate) fn UnwritableNotice() -> impl IntoView {
    let unwritable = expect_context::<Model>().unwritable();
    let words = move || match unwritable.get() {
        Some(false) => {
            "The browser writes nothing down at the moment. Everything from before is safe, but nothing new is kept: reload the page, and write on then."
        }
        _ => {
            "This device is full. Everything from before is safe, but nothing new is kept until there is room."
        }
    };
    view! {
        <Show when=move || unwritable.with(Option::is_some)>
            <div class="notice notice-trouble" role="status" data-notice="unwritable">
                <Glyph icon=Icon::Alert/>
                <p>{words}</p>
                <div class="notice-actions">
                    <Show
                        when=move || unwritable.get() == Some(true)
                        fallback=|| view! { <button class="button" type="button" data-effigy="again">"Reload"</button> }
                    >
                        <a class="button" href="#/you/storage">"Free some space"</a>
                    </Show>
                </div>
            </div>
        </Show>
    }
}

/// Once there is something to lose: that the browser may clear it, and the one thing that helps.
#[component]
pub(crate) fn KeepNotice() -> impl IntoView {
    let model = expect_context::<Model>();
    let kept = RwSignal::new(None::<bool>);
    let asked = RwSignal::new(settings::was_asked_to_keep());
    task::run_while_shown(async move {
        kept.try_set(room::is_kept().await);
    });
    let has_posts = Memo::new(move |_| {
        model.with_view(|view| !view.posts_of(&view.me(), None, 1).is_empty()).unwrap_or_default()
    });
    let done = move || {
        settings::set_asked_to_keep();
        asked.try_set(true);
    };
    let protect = move |_| {
        task::run(async move {
            if room::ask_to_keep().await == Some(true) {
                model.toasts().note("Protected: the browser does not clear your posts by itself.");
            } else {
                model.toasts().note(
                    "The browser said no for now. It may agree once Effigy is installed as an app. \
                     You find this again in You › Storage.",
                );
            }
            done();
        });
    };
    view! {
        <Show
            when=move || has_posts.get() && kept.get() == Some(false) && !asked.get() && model.out().get().is_none()
            fallback=|| view! { <WordsNotice/> }
        >
            <div class="notice" data-notice="keep">
                <Glyph icon=Icon::Storage/>
                <p>"Your posts and your keys are in this browser. It may clear them when the device runs out of room, unless you ask it to keep them."</p>
                <div class="notice-actions">
                    <button class="button" type="button" on:click=move |_| done()>"Not now"</button>
                    <button class="button primary" type="button" on:click=protect>"Protect my posts"</button>
                </div>
            </div>
        </Show>
    }
}

/// Once there is something to lose: that words bring it back. Said again at every start until they are
/// written down.
#[component]
pub(crate) fn WordsNotice() -> impl IntoView {
    let model = expect_context::<Model>();
    let later = model.words_later();
    let has_something = Memo::new(move |_| {
        let has_posts = model.with_view(|view| {
            !view.posts_of(&view.me(), None, 1).is_empty() || view.people().nth(1).is_some()
        });
        has_posts.unwrap_or_default()
    });
    view! {
        <Show when=move || model.has_words().get() && has_something.get() && !later.get()>
            <div class="notice" data-notice="words">
                <Glyph icon=Icon::Key/>
                <p>"Your account is in this browser only. If the browser or the device is lost, twelve words bring it back. Write them down once."</p>
                <div class="notice-actions">
                    <button class="button" type="button" on:click=move |_| later.set(true)>"Later"</button>
                    <a class="button primary" href="#/you/backup">"Write down my words"</a>
                </div>
            </div>
        </Show>
    }
}
