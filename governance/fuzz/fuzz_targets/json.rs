//! Whatever the strict reader accepts, `serde_json` reads to the same value and the canonical text reads back to it.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    governance::json::property::agrees(bytes);
});
