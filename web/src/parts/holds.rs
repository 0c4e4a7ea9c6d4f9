//! What a backup holds, in words.

use effigy_proto::backup::Counts;

use super::bytes;

/// Everything in it that a person knows of, ready for the end of a sentence.
pub(crate) fn held(counts: &Counts) -> String {
    let many = |count: u64, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let friends = counts.posts.saturating_sub(counts.own_posts);
    let mut parts = vec![many(counts.own_posts, "post of yours", "posts of yours")];
    if counts.people > 0 {
        let people = many(counts.people, "person", "people");
        parts.push(format!("{} of {people}", many(friends, "post", "posts")));
    }
    parts.push(many(counts.pictures, "picture", "pictures"));
    if counts.files > 0 {
        parts.push(many(counts.files, "video or file", "videos and files"));
    }
    if counts.drafts > 0 {
        parts.push(many(counts.drafts, "draft", "drafts"));
    }
    if counts.shares > 0 {
        parts.push(many(counts.shares, "share of a friend", "shares of friends"));
    }
    let last = parts.pop().unwrap_or_default();
    let mut words = format!("{} and {last} ({})", parts.join(", "), bytes(counts.bytes));
    if counts.damaged > 0 {
        let parts = many(counts.damaged, "damaged part was", "damaged parts were");
        words.push_str(&format!("; {parts} left out, and will be asked of others"));
    }
    words
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_backup_is_told_in_words() {
        let few = Counts { own_posts: 1, posts: 1, ..Counts::default() };
        assert_eq!(held(&few), "1 post of yours and 0 pictures (0 B)");
        let many =
            Counts { damaged: 1, drafts: 2, own_posts: 2, people: 1, pictures: 3, posts: 5, ..few };
        let many = Counts { shares: 1, ..many };
        assert_eq!(
            held(&many),
            "2 posts of yours, 3 posts of 1 person, 3 pictures, 2 drafts and 1 share of a friend (0 B); 1 damaged part was left out, and will be asked of others"
        );
    }
}
