#
# Copyright (c) 2026 The pptpd authors
#
# Permission to use, copy, modify, and distribute this software for any
# purpose with or without fee is hereby granted, provided that the above
# copyright notice and this permission notice appear in all copies.
#
# THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
# WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
# MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
# ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
# WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
# ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
# OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
#

"""That leaks are found, in the build that is made to find them."""

import os


def test_each_process(lab):
    """Each that has lost memory says so at its end, and the test fails."""
    os.environ["PPTPD_LEAK"] = ""
    try:
        d = lab.daemon()
    finally:
        del os.environ["PPTPD_LEAK"]
    pids = [d.proc.pid] + d.children
    assert len(pids) == 5, pids
    d.stop()
    try:
        lab.end_test(False)
    except AssertionError as e:
        text = str(e)
    else:
        text = ""
    for pid in pids:
        assert "==%d==ERROR: LeakSanitizer" % pid in text, (pids, text)
