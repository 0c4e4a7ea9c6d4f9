//! Small pictures that browsers decode, built part by part, so that a test knows every boundary.

/// A picture as the list of its parts: header first, every part a whole segment or chunk.
pub(crate) type Parts = Vec<Vec<u8>>;

/// What a phone would have told: it may never be found in clean bytes.
pub(crate) const PLACE: &[u8] = b"N48.20820 E16.37380";

/// A private part: what to call it, and its bytes.
pub(crate) struct Private {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

fn private(name: &'static str, bytes: Vec<u8>) -> Private {
    Private { name, bytes }
}

fn joined(slices: &[&[u8]]) -> Vec<u8> {
    slices.concat()
}

// --- JPEG ------------------------------------------------------------------------------------

/// One segment: marker, length, content.
pub(crate) fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    joined(&[&[0xFF, marker], &length.to_be_bytes(), content])
}

/// A grey baseline picture whose blocks are all empty: one bit for the difference of brightness,
/// one for the end of the block.
pub(crate) fn jpeg(width: u16, height: u16) -> Parts {
    let n_blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    let scan = joined(&[&segment(0xDA, &[1, 1, 0, 0, 63, 0]), &bits_of_zero(2 * n_blocks)]);
    let mut parts = jpeg_tables(0xC0, width, height);
    parts.extend([scan, vec![0xFF, 0xD9]]);
    parts
}

/// The same in two passes, with a table between them.
pub(crate) fn progressive_jpeg(width: u16, height: u16) -> Parts {
    let n_blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    let mut parts = jpeg_tables(0xC2, width, height);
    parts.extend([
        joined(&[&segment(0xDA, &[1, 1, 0, 0, 0, 0]), &bits_of_zero(n_blocks)]),
        huffman(0x10),
        joined(&[&segment(0xDA, &[1, 1, 0, 1, 63, 0]), &bits_of_zero(n_blocks)]),
        vec![0xFF, 0xD9],
    ]);
    parts
}

fn jpeg_tables(frame: u8, width: u16, height: u16) -> Parts {
    let [width_high, width_low] = width.to_be_bytes();
    let [height_high, height_low] = height.to_be_bytes();
    let size = [8, height_high, height_low, width_high, width_low, 1, 1, 0x11, 0];
    vec![
        vec![0xFF, 0xD8],
        segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        segment(0xE2, &joined(&[b"ICC_PROFILE\0\x01\x01", &colour_profile()])),
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"),
        segment(0xDB, &joined(&[&[0], &[1; 64]])),
        segment(frame, &size),
        huffman(0x00),
        huffman(0x10),
    ]
}

/// A table whose only code is the bit 0, for the symbol 0.
fn huffman(slot: u8) -> Vec<u8> {
    let mut content = vec![slot, 1];
    content.extend([0; 15]);
    content.push(0);
    segment(0xC4, &content)
}

/// Zeros, padded with ones as the standard asks.
fn bits_of_zero(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count / 8];
    if !count.is_multiple_of(8) {
        bytes.push(0xFF >> (count % 8));
    }
    bytes
}

/// Each kind of segment that may tell something.
pub(crate) fn jpeg_privates() -> Vec<Private> {
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>";
    let more_xmp = b"http://ns.adobe.com/xmp/extension/\0";
    vec![
        private("exif", segment(0xE1, &joined(&[b"Exif\0\0", &gps_tiff()]))),
        private("xmp", segment(0xE1, &joined(&[xmp, PLACE]))),
        private("extended xmp", segment(0xE1, &joined(&[more_xmp, PLACE]))),
        private("other app1", segment(0xE1, PLACE)),
        private("iptc", segment(0xED, &joined(&[b"Photoshop 3.0\08BIM", PLACE]))),
        private("comment", segment(0xFE, PLACE)),
        private("empty comment", segment(0xFE, b"")),
        private("thumbnail", segment(0xE0, &joined(&[b"JFXX\0\x10", PLACE]))),
        private(
            "jfif with thumbnail",
            segment(0xE0, &joined(&[b"JFIF\0\x01\x01\0\0\x01\0\x01\x03\x02", &PLACE[..18]])),
        ),
        private("other app0", segment(0xE0, &joined(&[b"CIFF", PLACE]))),
        private("more pictures", segment(0xE2, &joined(&[b"MPF\0", PLACE]))),
        private("not a profile", segment(0xE2, &joined(&[b"ICC_PROFILE\0\x01\x01", PLACE]))),
        private("flashpix", segment(0xE2, &joined(&[b"FPXR\0", PLACE]))),
        private("maker's segment", segment(0xE4, PLACE)),
        private("jumbf", segment(0xEB, &joined(&[b"JP\0\x01", PLACE]))),
        private("ducky", segment(0xEC, &joined(&[b"Ducky\0", PLACE]))),
        private("long adobe", segment(0xEE, &joined(&[b"Adobe\0\x64\0\0\0\0\0", PLACE]))),
        private("last app", segment(0xEF, PLACE)),
    ]
}

// --- PNG -------------------------------------------------------------------------------------

/// One chunk: length, name, content, checksum.
pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    let checksum = crc(&joined(&[name, content]));
    joined(&[&length.to_be_bytes(), name, content, &checksum.to_be_bytes()])
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
        }
    }
    !crc
}

/// The header chunk of a picture with that many pixels, 8 bits of grey each.
pub(crate) fn png_header(width: u32, height: u32) -> Vec<u8> {
    chunk(b"IHDR", &joined(&[&width.to_be_bytes(), &height.to_be_bytes(), &[8, 0, 0, 0, 0]]))
}

/// A black picture of at most 60,000 bytes, its pixels cut into two chunks.
pub(crate) fn png(width: u32, height: u32) -> Parts {
    let pixels = vec![0; ((width + 1) * height) as usize];
    let stream = stored(&pixels);
    let (first, second) = stream.split_at(stream.len() / 2);
    vec![
        b"\x89PNG\r\n\x1a\n".to_vec(),
        png_header(width, height),
        chunk(b"gAMA", &45_455_u32.to_be_bytes()),
        chunk(b"sRGB", &[0]),
        chunk(b"pHYs", &[0, 0, 11, 19, 0, 0, 11, 19, 1]),
        chunk(b"IDAT", first),
        chunk(b"IDAT", second),
        chunk(b"IEND", b""),
    ]
}

/// A zlib stream of one block that is not compressed.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    let adler = (high << 16) | low;
    let header = [0x78, 0x01, 0x01];
    let lengths = [length.to_le_bytes(), (!length).to_le_bytes()].concat();
    joined(&[&header, &lengths, bytes, &adler.to_be_bytes()])
}

/// Each kind of chunk that may tell something.
pub(crate) fn png_privates() -> Vec<Private> {
    let xmp = b"XML:com.adobe.xmp\0\0\0\0\0";
    vec![
        private("exif", chunk(b"eXIf", &gps_tiff())),
        private("old exif", chunk(b"zxIf", &joined(&[&[0], &gps_tiff()]))),
        private("xmp", chunk(b"iTXt", &joined(&[xmp, PLACE]))),
        private("international text", chunk(b"iTXt", &joined(&[b"Place\0\0\0\0\0", PLACE]))),
        private("text", chunk(b"tEXt", &joined(&[b"Place\0", PLACE]))),
        private("raw profile", chunk(b"zTXt", &joined(&[b"Raw profile type exif\0\0", PLACE]))),
        private("time", chunk(b"tIME", &[7, 0xEA, 11, 20, 12, 0, 0])),
        private("screen shot", chunk(b"iDOT", PLACE)),
        private("unknown", chunk(b"prVt", PLACE)),
        private("scale", chunk(b"sCAL", PLACE)),
        private("signature", chunk(b"dSIG", PLACE)),
        private("content credentials", chunk(b"caBX", PLACE)),
    ]
}

// --- WebP ------------------------------------------------------------------------------------

/// One chunk, padded to an even length.
pub(crate) fn riff(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    let padding: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
    joined(&[name, &length.to_le_bytes(), content, padding])
}

/// One grey pixel, lossy.
pub(crate) fn lossy_frame() -> Vec<u8> {
    let frame = [
        0x30, 0x01, 0x00, 0x9D, 0x01, 0x2A, 0x01, 0x00, 0x01, 0x00, 0x0E, 0xC0, 0xFE, 0x25, 0xA4,
        0x00, 0x03, 0x70, 0x00, 0x00, 0x00, 0x00,
    ];
    riff(b"VP8 ", &frame)
}

/// One clear pixel, lossless, with an odd length.
pub(crate) fn lossless_frame() -> Vec<u8> {
    let frame = [0x2F, 0, 0, 0, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xFE, 0x07];
    riff(b"VP8L", &frame)
}

/// The extended header with those flags, for a picture of that size.
pub(crate) fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let (width, height) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    riff(b"VP8X", &joined(&[&[flags, 0, 0, 0], &width[..3], &height[..3]]))
}

/// A file of those chunks; the header tells their size.
pub(crate) fn webp(chunks: &[Vec<u8>]) -> Parts {
    let size = u32::try_from(4 + chunks.iter().map(Vec::len).sum::<usize>()).unwrap();
    let mut parts = vec![joined(&[b"RIFF", &size.to_le_bytes(), b"WEBP"])];
    parts.extend_from_slice(chunks);
    parts
}

/// Lossy, nothing else.
pub(crate) fn lossy_webp() -> Parts {
    webp(&[lossy_frame()])
}

/// Lossless, nothing else.
pub(crate) fn lossless_webp() -> Parts {
    webp(&[lossless_frame()])
}

/// Extended, with a colour profile.
pub(crate) fn extended_webp() -> Parts {
    webp(&[extended(0x20, 1, 1), riff(b"ICCP", &colour_profile()), lossy_frame()])
}

/// Each kind of chunk that may tell something.
pub(crate) fn webp_privates() -> Vec<Private> {
    vec![
        private("exif", riff(b"EXIF", &gps_tiff())),
        private("xmp", riff(b"XMP ", PLACE)),
        private("unknown", riff(b"GEOP", PLACE)),
        private("content credentials", riff(b"C2PA", PLACE)),
    ]
}

// --- shared ----------------------------------------------------------------------------------

/// The shortest thing that calls itself a colour profile.
pub(crate) fn colour_profile() -> Vec<u8> {
    let mut profile = vec![0; 132];
    profile[..4].copy_from_slice(&132_u32.to_be_bytes());
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

/// A TIFF structure with one pointer to a GPS directory that holds a latitude reference, and the
/// place as text behind it.
pub(crate) fn gps_tiff() -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend([1, 0, 0x25, 0x88, 4, 0, 1, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend([1, 0, 1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(PLACE);
    tiff
}
