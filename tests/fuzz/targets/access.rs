#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cloudup_fuzz::access(data));
