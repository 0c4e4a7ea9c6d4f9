//! What a browser accepts, read from its headers.

/// How the bytes of an answer are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// Its name in `Content-Encoding`; plain bytes have none.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// Whether `Accept-Encoding` allows it: named, or meant by `*`, and not with `q=0`.
    pub(super) fn is_accepted(self, header: &str) -> bool {
        let Some(name) = self.name() else { return true };
        let mut by_star = false;
        for item in header.split(',') {
            let mut parts = item.split(';').map(str::trim);
            let coding = parts.next().unwrap_or_default();
            let is_refused = parts
                .filter_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
                .any(|quality| quality.parse::<f32>().map_or(true, |quality| quality <= 0.0));
            if coding.eq_ignore_ascii_case(name) {
                return !is_refused;
            }
            by_star |= coding == "*" && !is_refused;
        }
        by_star
    }
}

/// Whether `If-None-Match` lists this tag. A weak tag of the same text counts, as it must for reads.
pub(super) fn lists_tag(header: &str, tag: &str) -> bool {
    header
        .split(',')
        .map(str::trim)
        .any(|listed| listed == "*" || listed.strip_prefix("W/").unwrap_or(listed) == tag)
}
