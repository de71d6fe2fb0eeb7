#![no_main]

use btp_s3_catalog::probes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    assert!(!probes::accepts_unsigned(bytes));
});
