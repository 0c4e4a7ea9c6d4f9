//! Coming back with friends' help, where the words are lost as well.

use effigy_core::mnemonic::Words;
use effigy_core::share::{Gathering, Plea, ShareError};
use leptos::prelude::*;

use crate::app::{Gathered, Handle, Model, NotDone, Wish, error, task};
use crate::parts::{CopyField, EmojiRow, QrCode, QrScan, Unread};
use crate::screens::backup::Shown;

/// The code that friends read, and what they gave so far.
#[component]
pub(crate) fn ByFriends() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let gathering = RwSignal::new(None::<Gathering>);
    let is_unread = RwSignal::new(false);
    let begin = Callback::new(move |anew: bool| {
        task::run_while_shown(async move {
            match handle.gathering(anew).await {
                Some(Gathered::Here(all)) => {
                    is_unread.try_set(false);
                    gathering.try_set(Some(all));
                }
                Some(Gathered::Unreadable) => drop(is_unread.try_set(true)),
                None => model.toasts().trouble(error::not_done(NotDone::Store { full: false })),
            }
        });
    });
    let plea = Memo::new(move |_| gathering.with(|all| all.as_ref().map(Gathering::plea)));
    let words = move |all: &Option<Gathering>| all.as_ref().and_then(|all| all.words().ok());
    let is_enough = Memo::new(move |_| gathering.with(|all| words(all).is_some()));
    let go_on = move |words: Words| {
        let next = Callback::new({
            let words = words.clone();
            move |()| {
                let _ = handle.wish(Wish::Recover(words.clone()));
            }
        });
        let false_ones = gathering.with_untracked(|all| all.as_ref().and_then(of_false_ones));
        view! {
            <p role="status">"Your friends have brought your account back. These are its recovery words: write them down now, they are shown this once."</p>
            {false_ones.map(|words| view! { <p class="fault">{words}</p> })}
            <Shown words next/>
        }
    };
    view! {
        <section class="panel" aria-labelledby="by-friends-title">
            <h2 id="by-friends-title">"Friends"</h2>
            <p>"If you gave shares of your account to friends, enough of them together bring it back, without any words."</p>
            {move || match (plea.get(), is_enough.get().then(|| gathering.with_untracked(words)).flatten()) {
                (_, Some(words)) => go_on(words).into_any(),
                (Some(plea), None) => view! { <Asking plea gathering/> }.into_any(),
                (None, None) if is_unread.get() => view! { <Unreadable begin/> }.into_any(),
                (None, None) => view! { <button class="button" type="button" on:click=move |_| begin.run(false)>"Ask my friends"</button> }.into_any(),
            }}
        </section>
    }
}

/// What friends gave before is here and cannot be read.
#[component]
fn Unreadable(begin: Callback<bool>) -> impl IntoView {
    view! {
        <p role="alert">"What friends gave before cannot be read in this browser now. It was left as it is. Try again, perhaps after an update of Effigy or when the browser was started anew."</p>
        <p class="hint">"If you begin anew, friends have to give you their shares for a new code. What lies here is kept beside it until your account is back."</p>
        <div class="actions">
            <button class="button primary" type="button" on:click=move |_| begin.run(false)>"Try again"</button>
            <button class="button" type="button" on:click=move |_| begin.run(true)>"Begin anew"</button>
        </div>
    }
}

/// What friends are shown and asked for, one after the other.
#[component]
fn Asking(plea: Plea, gathering: RwSignal<Option<Gathering>>) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    let keep = move |all: Gathering| {
        gathering.set(Some(all.clone()));
        task::run(async move {
            if !handle.keep_gathering(all).await {
                model.toasts().trouble(error::not_done(NotDone::Store { full: false }));
            }
        });
    };
    let read = Callback::new(move |text: String| {
        let Some(mut all) = gathering.get_untracked() else { return Ok(()) };
        let taken =
            all.take(&text).map_err(|why| Unread { words: error::share(why), look_on: true });
        taken.map(|()| keep(all))
    });
    let clear = move |_| {
        if let Some(mut all) = gathering.get_untracked() {
            all.clear();
            keep(all);
        }
    };
    let standing = move || gathering.with(|all| all.as_ref().map(standing).unwrap_or_default());
    let has_some =
        move || gathering.with(|all| all.as_ref().is_some_and(|all| !all.shares().is_empty()));
    let wrong = move || {
        let is_wrong = gathering
            .with(|all| all.as_ref().is_some_and(|all| all.words() == Err(ShareError::Wrong)));
        is_wrong.then_some(error::share(ShareError::Wrong))
    };
    let text = Signal::stored(plea.to_text());
    let number = plea.check().number();
    view! {
        <ol class="steps">
            <li>"Call or meet a friend who keeps a share. They open "<b>"You › Backup and recovery"</b>" and choose "<b>"They need it"</b>"."</li>
            <li>"They read this code, or you send them the text:"</li>
        </ol>
        <div class="my-code"><QrCode text label="QR code that friends read"/></div>
        <CopyField label="Code for friends" text/>
        <ol class="steps" start="3">
            <li>"Tell them by voice which pictures you see, and this number. Do not send it along with the code."</li>
        </ol>
        <EmojiRow pictures=plea.check().pictures()/>
        <p class="link-number" data-number=number.clone()>{number.clone()}</p>
        <ol class="steps" start="4">
            <li>"Read the code that they show you then, or paste the text they send. It can be days between one friend and the next; what you have stays here, sealed."</li>
        </ol>
        <p role="status">{standing}</p>
        <p class="fault" role="alert">{wrong}</p>
        <QrScan read label="Share from a friend" placeholder="effigy-share:…"/>
        <Show when=has_some>
            <div class="actions"><button class="button" type="button" on:click=clear>"Begin again without these"</button></div>
        </Show>
    }
}

/// How many shares are here and needed.
fn standing(all: &Gathering) -> String {
    let Some(first) = all.shares().first() else { return "No share is here yet.".to_owned() };
    let (here, need) = (all.count(), first.need);
    let standing = format!(
        "{here} of {need} shares are here, for the account whose key ends in {}.",
        first.synod.short()
    );
    if all.shares().len() == here {
        return standing;
    }
    format!(
        "{standing} Two say to be the same one, so one of them is false; which, you are told once enough \
         are here."
    )
}

/// Which shares were false, by the order in which they came: more is not known of who gave them.
fn of_false_ones(all: &Gathering) -> Option<String> {
    let places: Vec<String> =
        all.false_ones().into_iter().map(|place| place.saturating_add(1).to_string()).collect();
    let which = match places.as_slice() {
        [] => return None,
        [one] => format!("Number {one} of the shares that you took was"),
        several => format!("Numbers {} of the shares that you took were", several.join(" and ")),
    };
    Some(format!(
        "{which} false, counted in the order in which you took them. Whoever gave it has a damaged copy, or did not \
         want you to come back, or somebody else gave it in their name. Choose your friends anew when you are back."
    ))
}

#[cfg(test)]
mod tests {
    use effigy_core::random::Random;
    use effigy_core::share::{Share, divide};
    use effigy_core::{Cid, Time};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn who_gave_a_false_share_is_told_by_the_order() {
        let mut random = Random::seeded([1; 32]);
        let words = Words::from_entropy(&[1; 16]).unwrap();
        let ana = divide(&words, 2, 3, Time(1), &mut random).unwrap();
        let mut gathering = Gathering::begin(&mut random).unwrap();
        let mut take = |all: &mut Gathering, share: &Share| {
            let text = share.give(&all.plea(), &mut random).unwrap();
            all.take(&text).unwrap();
        };
        assert_eq!(standing(&gathering), "No share is here yet.");
        take(&mut gathering, &forged(&ana[0]));
        assert!(standing(&gathering).starts_with("1 of 2 shares are here"));
        take(&mut gathering, &ana[0]);
        assert!(standing(&gathering).starts_with("1 of 2 shares are here"));
        assert!(standing(&gathering).contains("one of them is false"));
        assert_eq!(of_false_ones(&gathering), None);
        take(&mut gathering, &ana[1]);
        let told = of_false_ones(&gathering).unwrap();
        assert!(told.starts_with("Number 1 of the shares that you took was false"), "{told}");
    }

    /// Another value, with the right check.
    fn forged(share: &Share) -> Share {
        let bytes = share.to_bytes();
        let mut content = bytes[..bytes.len() - 4].to_vec();
        content[60] ^= 1;
        let check = Cid::of(&content);
        Share::from_bytes(&[&content[..], &check.digest()[..4]].concat()).unwrap()
    }
}
