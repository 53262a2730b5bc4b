"""The test kit for plugin authors: checks of what gmplug expects of a clusterer.

::

    import pytest
    from gmplug import testing
    from my_plugin import MyClusterer

    @pytest.mark.parametrize("check", testing.clusterer_checks(), ids=str)
    def test_my_clusterer(check):
        check(MyClusterer)
"""

from __future__ import annotations

from gmplug.testing.in_study import check_in_study
from gmplug.testing.outcomes import CheckFailed, DoesNotApply
from gmplug.testing.registry import ClustererCheck, check_clusterer, clusterer_checks
from gmplug.testing.sample import SampleRecords, sample_records
from gmplug.testing.small_study import write_small_study
