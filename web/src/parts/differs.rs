//! Who shows another state of somebody's posts than is here, in a sentence.

use effigy_feed::View;
use effigy_proto::{Difference, Differing};

use super::called;

/// "A meeting point (…ab12cd34) shows only 300 of 312."
pub(crate) fn differs(view: &View, differing: &Differing, known: u64) -> String {
    let who = match differing.synod {
        None => format!("A meeting point (…{})", differing.holder.short()),
        Some(synod) if view.me() == synod => "Your other device".to_owned(),
        Some(synod) => format!("\u{2068}{}\u{2069}", called(view, &synod)),
    };
    let count = differing.count;
    match differing.how {
        Difference::Behind => format!("{who} shows only {count} of {known}."),
        Difference::Promises => {
            format!("{who} says that there are {count}, and does not give them.")
        }
    }
}

#[cfg(test)]
mod tests {
    use effigy_core::Identity;
    use effigy_proto::HolderKind;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn it_says_who_and_how() {
        let key = |number| Identity::from_bytes([number; 32]);
        let view = View::new(key(1));
        let differing = |synod, how| Differing {
            count: 300,
            holder: key(9),
            how,
            kind: HolderKind::Hub,
            synod,
        };
        let hub = differs(&view, &differing(None, Difference::Behind), 312);
        assert!(hub.starts_with("A meeting point (…") && hub.ends_with(") shows only 300 of 312."));
        let own = differs(&view, &differing(Some(key(1)), Difference::Promises), 312);
        assert_eq!(own, "Your other device says that there are 300, and does not give them.");
        let friend = differs(&view, &differing(Some(key(2)), Difference::Behind), 312);
        assert_eq!(friend, "\u{2068}Somebody\u{2069} shows only 300 of 312.");
    }
}
