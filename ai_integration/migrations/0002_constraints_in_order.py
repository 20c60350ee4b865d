"""The same two constraints with their states in order: out of a set, each database wrote them in another one."""

from django.db import migrations, models

from core.migrating import GroupedMigration

LIVE = ['dispatching', 'queued', 'running']
ENDED = ['cancelled', 'failed', 'partial', 'succeeded']


class Migration(GroupedMigration):

    dependencies = [
        ('ai_integration', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='ocrjob',
            name='ocr_job_ended_has_time',
        ),
        migrations.RemoveConstraint(
            model_name='ocrjob',
            name='ocr_job_live_is_never_forgotten',
        ),
        migrations.AddConstraint(
            model_name='ocrjob',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('status__in', LIVE)), models.Q(('finished_at__isnull', False), ('status__in', ENDED)), _connector='OR'), name='ocr_job_ended_has_time'),
        ),
        migrations.AddConstraint(
            model_name='ocrjob',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', LIVE), _negated=True), ('next_attempt_at__isnull', False), _connector='OR'), name='ocr_job_live_is_never_forgotten'),
        ),
    ]
